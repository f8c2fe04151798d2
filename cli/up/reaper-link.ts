/** The supervisor's end of the reaper: keeps one running and tells it which process groups are ours. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../version.ts';
import type { ReaperMessage } from './reaper.ts';

const SCRIPT = join(PACKAGE_ROOT, 'dist', 'cli', 'up', 'reaper.js');

export class ReaperLink {
  readonly #groups = new Set<number>();
  #process: ChildProcess | undefined;
  #closed = false;

  constructor() {
    this.#start();
  }

  add(pid: number): void {
    this.#groups.add(pid);
    this.#tell({ add: pid });
  }

  remove(pid: number): void {
    this.#groups.delete(pid);
    this.#tell({ remove: pid });
  }

  /** After everything has been stopped. */
  close(): void {
    this.#closed = true;
    this.#tell({ done: true });
    this.#process?.disconnect();
  }

  #start(): void {
    const child = fork(SCRIPT, [], { detached: true, stdio: 'ignore', execArgv: [] });
    this.#process = child;
    child.once('exit', () => {
      this.#process = undefined;
      if (!this.#closed) this.#start();
    });
    for (const pid of this.#groups) this.#tell({ add: pid });
  }

  #tell(message: ReaperMessage): void {
    const child = this.#process;
    // A reaper that has just died is replaced, and its successor is told of every group.
    if (child?.connected) child.send(message, () => undefined);
  }
}
