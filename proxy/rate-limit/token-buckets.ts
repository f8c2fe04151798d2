/** Token buckets by key, on a clock that is passed in; a key that nobody uses is forgotten. */
export type BucketLimits = { readonly requests: number; readonly perMs: number; readonly burst: number };

type Bucket = { tokens: number; atMs: number };

/** Keys that are remembered; beyond it the one that was used longest ago is forgotten, and begins anew with a full bucket. */
const MAX_KEYS = 10_000;

export class TokenBuckets {
  readonly #limits: BucketLimits;
  /** In the order of their last use. */
  readonly #buckets = new Map<string, Bucket>();
  /** What the last take has left: requests that may still come at once, and the milliseconds until all may again. */
  left = 0;
  fullInMs = 0;

  constructor(limits: BucketLimits) {
    this.#limits = limits;
  }

  /** @returns 0: it may pass; else the milliseconds until the next one may */
  take(key: string, nowMs: number): number {
    const { requests, perMs, burst } = this.#limits;
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_KEYS) this.#forgetOldest();
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) * requests) / perMs);
    bucket.atMs = nowMs;
    const passes = bucket.tokens >= 1;
    if (passes) bucket.tokens--;
    this.left = Math.floor(bucket.tokens);
    this.fullInMs = ((burst - bucket.tokens) * perMs) / requests;
    if (passes) return 0;
    return ((1 - bucket.tokens) * perMs) / requests;
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
