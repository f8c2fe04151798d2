/** Envoy's default histogram buckets, filled from our finer ones, so that dashboards made for Istio work unchanged. */
import { lowerEdge } from '../../contracts/histogram.ts';

/** Upper bounds in milliseconds (Envoy, source/common/stats/histogram_impl.cc, defaultBuckets). */
export const ENVOY_BUCKETS_MS = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000,
  3_600_000,
] as const;

/**
 * Adds a dense histogram (contracts/histogram.ts) up into Envoy's buckets. One of our buckets goes, as a whole, into
 * the first of Envoy's that holds its largest value: where it lies across a bound, its requests are shown as up to
 * 1/64 slower than they were, and never as faster.
 * @param dense - counts by our bucket
 * @returns cumulative counts, one for each bound and the last for +Inf
 */
export function toEnvoyBuckets(dense: ArrayLike<number>): number[] {
  const counts = new Array<number>(ENVOY_BUCKETS_MS.length + 1).fill(0);
  let bound = 0;
  for (let bucket = 0; bucket < dense.length; bucket++) {
    const count = dense[bucket] ?? 0;
    if (count === 0) continue;
    const largestUs = lowerEdge(bucket + 1) - 1;
    while (bound < ENVOY_BUCKETS_MS.length && largestUs > (ENVOY_BUCKETS_MS[bound] ?? 0) * 1_000) bound++;
    counts[bound] = (counts[bound] ?? 0) + count;
  }
  let seen = 0;
  return counts.map((count) => (seen += count));
}
