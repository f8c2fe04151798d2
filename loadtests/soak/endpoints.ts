/** The endpoints of the soak: processes that end, in order or killed, and come back on the same port. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { answers, pinned } from '../bench/programs.ts';

const PROGRAM = join(import.meta.dirname, 'upstream.js');
/** Between the end of one and the start of the next. */
const AWAY_MS = 500;

export class Endpoints {
  readonly ports: readonly number[];
  readonly #children = new Map<number, ChildProcess>();
  restarts = 0;

  private constructor(ports: readonly number[]) {
    this.ports = ports;
  }

  static async start(ports: readonly number[]): Promise<Endpoints> {
    const endpoints = new Endpoints(ports);
    for (const port of ports) await endpoints.#start(port);
    return endpoints;
  }

  /** One of them goes and comes back. @param signal - SIGTERM lets its requests end, SIGKILL does not */
  async restart(port: number, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#children.get(port);
    if (child) await ended(child, signal);
    await sleep(AWAY_MS);
    await this.#start(port);
    this.restarts++;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#children.values()].map((child) => ended(child, 'SIGKILL')));
  }

  async #start(port: number): Promise<void> {
    const [command, args] = pinned('rest', process.execPath, [PROGRAM, String(port)]);
    this.#children.set(port, spawn(command, args, { stdio: 'inherit' }));
    while (!(await answers(port))) await sleep(20);
  }
}

async function ended(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((over) => child.once('exit', over));
  child.kill(signal);
  // A keep-alive connection that never falls idle would hold it open.
  await Promise.race([exit, sleep(3_000).then(() => child.kill('SIGKILL'))]);
  await exit;
}
