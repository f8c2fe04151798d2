/** The three answers to one request that is compared: the user's, the candidate's, and the baseline's asked again. */
import type { ComparisonSample, OverlayShadow } from '../../contracts/comparison.ts';
import type { ComparisonQueue } from './comparison-queue.ts';
import { AnswerCapture } from './capture.ts';
import type { CapturedAnswer } from './capture.ts';
import type { Redaction } from './redaction.ts';

export type Compared = Pick<ComparisonSample, 'experimentId' | 'epoch' | 'method' | 'path'>;

export class Comparison {
  readonly baseline: AnswerCapture;
  readonly candidate: AnswerCapture;
  readonly again: AnswerCapture;
  readonly #of: Compared;
  readonly #queue: ComparisonQueue;
  readonly #redaction: Redaction;
  readonly #answers: { baseline?: CapturedAnswer; candidate?: CapturedAnswer; again?: CapturedAnswer } = {};
  #over = false;

  constructor(
    of: Compared,
    settings: OverlayShadow,
    queue: ComparisonQueue,
    redaction: Redaction,
    nowMs: () => number,
  ) {
    this.#of = of;
    this.#queue = queue;
    this.#redaction = redaction;
    const capture = (role: 'baseline' | 'candidate' | 'again'): AnswerCapture =>
      new AnswerCapture(settings.maxBodyBytes, nowMs, (answer) => this.#came(role, answer));
    this.baseline = capture('baseline');
    this.candidate = capture('candidate');
    this.again = capture('again');
  }

  /** Without all three answers there is nothing to compare. */
  #came(role: 'baseline' | 'candidate' | 'again', answer: CapturedAnswer | undefined): void {
    if (this.#over) return;
    if (answer === undefined) {
      this.#over = true;
      this.#queue.drop();
      return;
    }
    this.#answers[role] = answer;
    const { baseline, candidate, again } = this.#answers;
    if (!baseline || !candidate || !again) return;
    this.#over = true;
    this.#queue.add({
      ...this.#of,
      baseline: this.#redaction.answer(baseline),
      candidate: this.#redaction.answer(candidate),
      again: this.#redaction.answer(again),
    });
  }
}
