/** What the users of the shop saw, counted at their side and not by the mesh. */
import { addSparse, BUCKET_COUNT, bucketOf, quantile, toSparse } from '../../contracts/histogram.ts';

export type TallyView = {
  readonly sent: number;
  readonly answered: number;
  /** Anything but 200: other codes, broken connections, time-outs, and requests that could not be sent in time. */
  readonly errors: number;
  /** Count by status code; 0: no answer. */
  readonly codes: Readonly<Record<string, number>>;
  /** Since the last view, from the moment at which the request was due; null without answers. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
};

export class Tally {
  #sent = 0;
  #answered = 0;
  #errors = 0;
  readonly #codes = new Map<number, number>();
  #window = new Uint32Array(BUCKET_COUNT);

  sent(): void {
    this.#sent++;
  }

  /** @param code - 0 where there was no answer @param us - microseconds since the request was due */
  ended(code: number, us: number): void {
    this.#codes.set(code, (this.#codes.get(code) ?? 0) + 1);
    if (code !== 0) this.#answered++;
    if (code !== 200) this.#errors++;
    addSparse(this.#window, [[bucketOf(Math.round(us)), 1]]);
  }

  /** Totals since the start; latency since the last view. */
  view(): TallyView {
    const window = toSparse(this.#window);
    this.#window = new Uint32Array(BUCKET_COUNT);
    const at = (q: number): number | null => {
      const us = quantile(window, q);
      return us === undefined ? null : us / 1_000;
    };
    return {
      sent: this.#sent,
      answered: this.#answered,
      errors: this.#errors,
      codes: Object.fromEntries([...this.#codes].map(([code, n]) => [String(code), n])),
      p50Ms: at(0.5),
      p99Ms: at(0.99),
    };
  }
}
