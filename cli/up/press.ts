/** Starts the processes that burden this machine, for faults of CPU and memory. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../version.ts';
import type { Press } from './host-faults.ts';

const SCRIPT = join(PACKAGE_ROOT, 'dist', 'cli', 'up', 'pressure.js');

export const press: Press = ({ cpu, memory }, begun) => {
  const lines = [
    ...Array.from({ length: cpu?.cores ?? 0 }, () => ['cpu']),
    ...(memory ? [['memory', String(memory.megabytes)]] : []),
  ];
  const children = lines.map((args) =>
    spawn(process.execPath, [SCRIPT, ...args], { stdio: ['pipe', 'pipe', 'ignore'] }),
  );
  let waiting = children.length;
  let over = false;
  for (const child of children) {
    // One that cannot be started, or is ended for its size before it is full, never says that it presses: no hit is counted.
    child.on('error', () => undefined);
    child.stdout.once('data', () => {
      if (--waiting === 0 && !over) begun();
    });
  }
  return () => {
    over = true;
    for (const child of children) child.kill('SIGKILL');
  };
};
