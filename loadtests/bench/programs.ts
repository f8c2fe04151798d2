/** Starts programs, loads them with wrk, and says what a request cost. */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { costOf } from './process-cost.ts';
import type { Subject } from './subjects.ts';

export type Load = { readonly seconds: number; readonly connections: number };
export type Measured = {
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly rssMb: number;
  readonly failed: number;
};

const START_LIMIT_MS = 15_000;
const WARM_UP_SECONDS = 2;
/** One core for what is measured, the other for load and upstream; with a single core they share it. */
const CORES = availableParallelism() >= 2 && has('taskset') ? { subject: '1', rest: '0' } : undefined;

export function has(program: string): boolean {
  const candidates = program.includes('/')
    ? [program]
    : (process.env['PATH'] ?? '').split(delimiter).map((d) => join(d, program));
  return candidates.some((path) => {
    try {
      accessSync(path, constants.X_OK);
      return statSync(path).isFile();
    } catch (error) {
      if (error instanceof Error && 'code' in error) return false;
      throw error;
    }
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The command as it is run on its core. */
export function pinned(core: 'subject' | 'rest', command: string, args: readonly string[]): [string, string[]] {
  return CORES ? ['taskset', ['-c', CORES[core], command, ...args]] : [command, [...args]];
}

/** Starts a program and waits until its port answers. @throws when it ends before, or does not answer in time */
export async function start(subject: Subject, port: number, core: 'subject' | 'rest'): Promise<ChildProcess> {
  const [command, args] = pinned(core, subject.command, subject.args);
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const deadline = performance.now() + START_LIMIT_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${subject.name} ended with exit code ${child.exitCode}`);
    if (performance.now() > deadline) throw new Error(`${subject.name} does not listen on port ${port}`);
    await sleep(50);
  }
  return child;
}

/** Whether somebody listens. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([ended, sleep(3_000).then(() => child.kill('SIGKILL'))]);
}

/** CPU time of the process trees over the requests that wrk counted meanwhile. */
export async function measure(pids: readonly number[], port: number, load: Load): Promise<Measured> {
  await warmUp(port, load.connections);
  const { cpuSeconds, rssMb, result } = await cpuOver(pids, () => wrk(port, load));
  const { requests, perSecond, failed } = result;
  return { cpuUs: (cpuSeconds * 1e6) / requests, perSecond, rssMb: rssMb.reduce((sum, mb) => sum + mb, 0), failed };
}

/** Full load for a while: code is compiled, connections and buffers are there. */
export async function warmUp(port: number, connections: number): Promise<void> {
  await wrk(port, { connections, seconds: WARM_UP_SECONDS });
}

export type Spent<T> = { readonly result: T; readonly cpuSeconds: number; readonly rssMb: readonly number[] };

/** Runs `work` and says what the process trees spent on it, and what memory each had at its end. */
export async function cpuOver<T>(pids: readonly number[], work: () => Promise<T>): Promise<Spent<T>> {
  const before = pids.map(costOf);
  const result = await work();
  const after = pids.map(costOf);
  const cpuSeconds = after.reduce((sum, cost, i) => sum + cost.cpuSeconds - (before[i]?.cpuSeconds ?? 0), 0);
  return { result, cpuSeconds, rssMb: after.map(({ rssMb }) => rssMb) };
}

/** @throws when nothing was answered */
export async function wrk(port: number, load: Load): Promise<{ requests: number; perSecond: number; failed: number }> {
  const url = `http://127.0.0.1:${port}/`;
  const [command, args] = pinned('rest', 'wrk', [
    '-t1',
    `-c${load.connections}`,
    `-d${load.seconds}s`,
    '-HHost: bench',
    url,
  ]);
  const { stdout } = await promisify(execFile)(command, args);
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
  const requests = number(/(\d+) requests in/);
  if (requests === 0) throw new Error(`no request was answered on ${url}:\n${stdout}`);
  const socketErrors =
    /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? [];
  const failed = socketErrors.reduce((sum, n) => sum + Number(n), number(/Non-2xx or 3xx responses: (\d+)/));
  return { requests, perSecond: number(/Requests\/sec:\s+([\d.]+)/), failed };
}
