/** One worker as the first process sees it: questions with time-outs, and an end that is waited for. */
import type { Worker } from 'node:cluster';
import type { Question } from '../admin/messages.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { FromWorker, ToWorker } from '../shared/messages.ts';
import type { FromWorkerProcess, ToWorkerProcess, WorkerAnswer } from './messages.ts';

const ASK_TIMEOUT_MS = 1_500;

type Waiting = { readonly resolve: (answer: WorkerAnswer) => void; readonly timer: NodeJS.Timeout };

export class WorkerProcess {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly exited: Promise<void>;
  listeners: readonly { readonly name: string; readonly address: string }[] = [];
  /** Resolves when it serves; rejects when it ends before. */
  readonly serving: Promise<void>;
  readonly startedAtMs: number;
  draining = false;
  /** Called with what it says of what all share. */
  onShare: (message: FromWorker) => void = () => {};
  #halted: (() => void) | undefined;
  #nextId = 0;

  constructor(worker: Worker, nowMs: number) {
    this.#worker = worker;
    this.startedAtMs = nowMs;
    // A message to one that has just ended; its exit tells the rest.
    worker.on('error', () => undefined);
    this.exited = new Promise((over) => worker.once('exit', () => over()));
    this.serving = new Promise((resolve, reject) => {
      worker.once('exit', (code) =>
        reject(new MeshproofError('INTERNAL', `a worker ended with code ${code} before it served`)),
      );
      worker.on('message', (message: FromWorkerProcess) => {
        if (message.type === 'serving') {
          this.listeners = message.listeners;
          resolve();
        } else if (message.type === 'share') this.onShare(message);
        else this.#take(message);
      });
    });
    // Whoever waits for `serving` hears of it; for others an early end shows by `exited`.
    this.serving.catch(() => undefined);
  }

  get pid(): number {
    return this.#worker.process.pid ?? 0;
  }

  /** @returns undefined when the worker does not answer in time: one that is stuck must not hide the others */
  ask(question: Question): Promise<WorkerAnswer | undefined> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        resolve(undefined);
      }, ASK_TIMEOUT_MS);
      this.#waiting.set(id, { resolve, timer });
      this.#send({ type: 'ask', id, question });
    });
  }

  /** Turns all overlays and faults of the worker off; one that is stuck is killed, and so are they. */
  async halt(withinMs: number): Promise<void> {
    const halted = new Promise<boolean>((resolve) => {
      this.#halted = () => resolve(true);
      setTimeout(() => resolve(false), withinMs).unref();
    });
    this.#send({ type: 'halt' });
    if (!(await halted)) this.#worker.process.kill('SIGKILL');
  }

  reload(): void {
    this.#send({ type: 'reload' });
  }

  /** Lets its requests end. Resolves when the process has. @param limitMs - then it is killed */
  async drain(limitMs: number): Promise<void> {
    this.draining = true;
    this.#send({ type: 'drain' });
    const timer = setTimeout(() => this.#worker.process.kill('SIGKILL'), limitMs);
    await this.exited;
    clearTimeout(timer);
  }

  tell(message: ToWorker): void {
    this.#send(message);
  }

  #send(message: ToWorkerProcess): void {
    if (this.#worker.isConnected()) this.#worker.send(message);
  }

  #take(message: Exclude<FromWorkerProcess, { type: 'serving' | 'share' }>): void {
    if (message.type === 'halted') {
      this.#halted?.();
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(message.id);
    waiting.resolve(message.answer);
  }
}
