/** Asks the traffic thread, and gives up after a while: it may be stuck, and the asker must not be. */
import { MeshproofError } from '../../contracts/errors.ts';
import type { Answers, Question, ToWorker } from './messages.ts';

type Waiting = {
  readonly settle: (answer: Answers[Question]) => void;
  readonly fail: (error: MeshproofError) => void;
  readonly timer: NodeJS.Timeout;
};

export class Questions {
  readonly #waiting = new Map<number, Waiting>();
  readonly #send: (id: number, question: Question) => void;
  readonly #timeoutMs: number;
  #nextId = 0;

  constructor(send: (id: number, question: Question) => void, timeoutMs: number) {
    this.#send = send;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws MeshproofError TRAFFIC_THREAD_STUCK when no answer came in time, INTERNAL when the asked one failed */
  ask<Q extends Question>(question: Q): Promise<Answers[Q]> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(
          new MeshproofError(
            'TRAFFIC_THREAD_STUCK',
            `the traffic thread did not answer within ${this.#timeoutMs} ms; POST /halt works all the same`,
          ),
        );
      }, this.#timeoutMs);
      // The traffic thread answers a question with the type that belongs to it (messages.ts, Answers).
      this.#waiting.set(id, { settle: (answer) => resolve(answer as Answers[Q]), fail: reject, timer });
      this.#send(id, question);
    });
  }

  /** An answer that comes after its time-out is dropped. */
  take(message: ToWorker): void {
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(message.id);
    if ('answer' in message) waiting.settle(message.answer);
    else waiting.fail(new MeshproofError('INTERNAL', message.failed));
  }
}
