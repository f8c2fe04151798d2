/** Comparisons of one overlay until they are reported. When they come faster than that, they are dropped and counted. */
import type { Comparisons, ComparisonSample } from '../../contracts/comparison.ts';
import type { Clock } from '../dataplane-api.ts';

const MAX_WAITING = 200;
/** Of one queue, and of one report: the control plane takes messages of twice the size. */
export const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** Answers that do not come hold memory until their time-out; more at once are not begun. */
const MAX_OPEN = 100;

export class ComparisonQueue {
  readonly #experimentId: string;
  readonly #maxPerSecond: number;
  readonly #clock: Clock;
  #waiting: ComparisonSample[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #mirrored = 0;
  #second = -1;
  #begunThisSecond = 0;
  #open = 0;

  constructor(experimentId: string, maxPerSecond: number, clock: Clock) {
    this.#experimentId = experimentId;
    this.#maxPerSecond = maxPerSecond;
    this.#clock = clock;
  }

  /** As they will be sent. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Those that were begun and have not all their answers. */
  get open(): number {
    return this.#open;
  }

  mirrored(): void {
    this.#mirrored++;
  }

  /** @returns whether one more may be begun in this second; then `add` or `drop` follows */
  begin(): boolean {
    const second = Math.floor(this.#clock.nowMs() / 1_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#begunThisSecond = 0;
    }
    if (this.#begunThisSecond >= this.#maxPerSecond || this.#open >= MAX_OPEN) return false;
    this.#begunThisSecond++;
    this.#open++;
    return true;
  }

  add(sample: ComparisonSample): void {
    // Not the bytes that came: a body of which little came may be long when it is read.
    const bytes = Buffer.byteLength(JSON.stringify(sample));
    if (this.#waiting.length >= MAX_WAITING || this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      this.drop();
      return;
    }
    this.#open--;
    this.#waiting.push(sample);
    this.#waitingBytes += bytes;
  }

  drop(): void {
    this.#open--;
    this.#dropped++;
  }

  /** What came since the last call; undefined: nothing. */
  take(): Comparisons | undefined {
    if (this.#waiting.length === 0 && this.#dropped === 0 && this.#mirrored === 0) return undefined;
    const taken: Comparisons = {
      experimentId: this.#experimentId,
      samples: this.#waiting,
      mirrored: this.#mirrored,
      dropped: this.#dropped,
    };
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#dropped = 0;
    this.#mirrored = 0;
    return taken;
  }
}
