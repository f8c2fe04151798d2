/** Runs the fixed-rate client as a process of its own, on the core of the load. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pinned } from './programs.ts';
import type { RateResult } from './rate-client.ts';

export type Rate = { readonly perSecond: number; readonly connections: number; readonly seconds: number };

/** @throws when the client's connections break */
export async function atRate(port: number, { perSecond, connections, seconds }: Rate): Promise<RateResult> {
  const program = join(import.meta.dirname, 'rate-client.js');
  const values = [port, Math.round(perSecond), connections, seconds].map(String);
  const [command, args] = pinned('rest', process.execPath, [program, ...values]);
  const { stdout } = await promisify(execFile)(command, args);
  return JSON.parse(stdout) as RateResult;
}
