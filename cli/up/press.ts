/** Starts the processes that burden this machine, for faults of CPU and memory. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../version.ts';
import type { Press } from './host-faults.ts';

const SCRIPT = join(PACKAGE_ROOT, 'dist', 'cli', 'up', 'pressure.js');

export const press: Press = ({ cpu, memory }) => {
  const lines = [
    ...Array.from({ length: cpu?.cores ?? 0 }, () => ['cpu']),
    ...(memory ? [['memory', String(memory.megabytes)]] : []),
  ];
  const children = lines.map((args) =>
    spawn(process.execPath, [SCRIPT, ...args], { stdio: ['pipe', 'ignore', 'ignore'] }),
  );
  // One that cannot be started, or is killed by the system for its size, leaves the experiment without its pressure.
  for (const child of children) child.on('error', () => undefined);
  return () => {
    for (const child of children) child.kill('SIGKILL');
  };
};
