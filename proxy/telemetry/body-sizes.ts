/** How large bodies were: one count in a bucket for each body, Envoy's bounds read as bytes. */
import { ENVOY_BUCKETS_MS } from '../metrics/envoy-buckets.ts';

/** Istio gives all of its histograms Envoy's default bounds, those of sizes too. */
export const SIZE_BOUNDS: readonly number[] = ENVOY_BUCKETS_MS;

/** Most bodies are empty, or not far above this one. */
const MIDDLE = 1_000;
const BEYOND_MIDDLE = SIZE_BOUNDS.indexOf(MIDDLE) + 1;

export type SizeTotals = {
  /** By bound, not cumulative; the last one is what lies above all bounds. */
  readonly counts: readonly number[];
  readonly sum: number;
};

export class BodySizes {
  readonly #counts = new Float64Array(SIZE_BOUNDS.length + 1);
  #sum = 0;

  record(bytes: number): void {
    let at = bytes > MIDDLE ? BEYOND_MIDDLE : 0;
    while (at < SIZE_BOUNDS.length && bytes > (SIZE_BOUNDS[at] ?? 0)) at++;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += bytes;
  }

  totals(): SizeTotals {
    return { counts: [...this.#counts], sum: this.#sum };
  }
}

/** @returns the counts as Prometheus wants them: each bound with all that is below it */
export function cumulative({ counts }: SizeTotals): number[] {
  let seen = 0;
  return counts.map((count) => (seen += count));
}
