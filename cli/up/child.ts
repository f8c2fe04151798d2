/** One process that is kept running: started in its own group, restarted with back-off when it dies, stopped as a group. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { backoffMs, HEALTHY_MS } from './backoff.ts';
import type { ProcessPlan } from './plan.ts';
import { signalGroup } from './process-group.ts';

const STOP_LIMIT_MS = 6_000;
const TAIL_LINES = 8;

export type ChildEvents = {
  readonly onSpawn: (pid: number) => void;
  readonly onExit: (pid: number) => void;
  /** It died without being asked to, and is started again after so many milliseconds. */
  readonly onDeath: (child: Child, how: string, restartInMs: number) => void;
};

export class Child {
  readonly plan: ProcessPlan;
  readonly logFile: string;
  readonly #events: ChildEvents;
  #process: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #restart: NodeJS.Timeout | undefined;
  #stopping = false;
  /** Kept away on purpose: not started again before `letBack`. */
  #held = false;
  #deaths = 0;
  #startedMs = 0;
  #failure: string | undefined;

  constructor(plan: ProcessPlan, logFile: string, events: ChildEvents) {
    this.plan = plan;
    this.logFile = logFile;
    this.#events = events;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** How it ended, when it is not running; undefined while it runs. */
  get failure(): string | undefined {
    return this.#failure;
  }

  start(): void {
    this.#failure = undefined;
    this.#startedMs = performance.now();
    const log = openSync(this.logFile, 'a');
    // The IPC channel and stdin end when this process ends, however it ends: a child that cares notices.
    const child = spawn(this.plan.program, this.plan.args, {
      cwd: this.plan.cwd,
      env: { ...process.env, ...this.plan.env },
      stdio: this.plan.role === 'service' ? ['pipe', log, log] : ['ignore', log, log, 'ipc'],
      detached: true,
    });
    closeSync(log);
    this.#process = child;
    if (child.pid !== undefined) this.#events.onSpawn(child.pid);
    this.#exited = new Promise((done) => {
      let over = false;
      const end = (how: string): void => {
        if (over) return;
        over = true;
        this.#ended(child, how);
        done();
      };
      child.once('error', (error) => {
        end(`could not be started: ${error.message}`);
      });
      child.once('exit', (code, signal) => {
        end(signal === null ? `ended with code ${code}` : `was ended by ${signal}`);
      });
    });
  }

  #ended(child: ChildProcess, how: string): void {
    this.#failure = how;
    this.#process = undefined;
    if (child.pid !== undefined) {
      // What it left behind in its group goes too.
      signalGroup(child.pid, 'SIGKILL');
      this.#events.onExit(child.pid);
    }
    if (this.#stopping || this.#held) return;
    this.#deaths = performance.now() - this.#startedMs > HEALTHY_MS ? 1 : this.#deaths + 1;
    const waitMs = backoffMs(this.#deaths);
    this.#events.onDeath(this, how, waitMs);
    this.#restart = setTimeout(() => {
      this.start();
    }, waitMs);
  }

  /** @returns false when it does not run */
  signal(signal: NodeJS.Signals): boolean {
    return this.pid !== undefined && signalGroup(this.pid, signal);
  }

  /** Kills it, and keeps it away. @returns false when it did not run; then it is not started either */
  holdDown(): boolean {
    this.#held = true;
    clearTimeout(this.#restart);
    return this.signal('SIGKILL');
  }

  /** Starts what is held down. */
  letBack(): void {
    if (!this.#held) return;
    this.#held = false;
    void this.#exited.then(() => {
      if (!this.#stopping && !this.#held && this.#process === undefined) this.start();
    });
  }

  /** Asks the group to end, and kills it when it has not done so in time. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restart);
    const pid = this.#process?.pid;
    if (pid === undefined) return;
    signalGroup(pid, 'SIGTERM');
    const kill = setTimeout(() => signalGroup(pid, 'SIGKILL'), STOP_LIMIT_MS);
    await this.#exited;
    clearTimeout(kill);
  }

  /** Without waiting: for the second Ctrl-C. */
  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#restart);
    if (this.pid !== undefined) signalGroup(this.pid, 'SIGKILL');
  }

  /** The last lines of its log. */
  logTail(): string {
    const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n');
    return lines.slice(-TAIL_LINES).join('\n');
  }
}
