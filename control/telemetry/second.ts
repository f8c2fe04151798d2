/** One second of counts, growing while the second lasts, and the figures that are shown of it. Pure but for adding. */
import type { SparseBuckets } from '../../contracts/histogram.ts';
import { quantile } from '../../contracts/histogram.ts';

export class Second {
  requests = 0;
  errors = 0;
  shielded = 0;
  readonly #latency = new Map<number, number>();

  add(requests: number, errors: number, shielded: number, latency: SparseBuckets): void {
    this.requests += requests;
    this.errors += errors;
    this.shielded += shielded;
    for (const [bucket, n] of latency) this.#latency.set(bucket, (this.#latency.get(bucket) ?? 0) + n);
  }

  merge(other: Second): void {
    this.add(other.requests, other.errors, other.shielded, [...other.#latency]);
  }

  /** Milliseconds at the usual quantiles; null without requests. */
  quantiles(): { p50Ms: number | null; p95Ms: number | null; p99Ms: number | null } {
    const sorted = [...this.#latency].sort(([a], [b]) => a - b);
    const at = (q: number): number | null => {
      const us = quantile(sorted, q);
      return us === undefined ? null : us / 1_000;
    };
    return { p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
  }
}
