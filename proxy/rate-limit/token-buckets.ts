/** Token buckets by key, on a clock that is passed in; a key that nobody uses is forgotten. */
export type BucketLimits = { readonly requests: number; readonly perMs: number; readonly burst: number };

type Bucket = { tokens: number; atMs: number };

/** Keys that are remembered; beyond it the one that was used longest ago is forgotten, and begins anew with a full bucket. */
export const MAX_KEYS = 10_000;

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
    const bucket = this.#bucket(key, nowMs);
    const passes = bucket.tokens >= 1;
    if (passes) bucket.tokens--;
    this.#say(bucket);
    return passes ? 0 : this.#nextInMs(bucket);
  }

  /** @returns how many of `most` may pass */
  takeUpTo(key: string, most: number, nowMs: number): number {
    const bucket = this.#bucket(key, nowMs);
    const taken = Math.min(Math.floor(bucket.tokens), most);
    bucket.tokens -= taken;
    this.#say(bucket);
    return taken;
  }

  /** What was taken and not used. */
  giveBack(key: string, count: number, nowMs: number): void {
    const bucket = this.#bucket(key, nowMs);
    bucket.tokens = Math.min(this.#limits.burst, bucket.tokens + count);
  }

  /** @returns milliseconds until one may pass; 0: at once */
  nextInMs(key: string, nowMs: number): number {
    const bucket = this.#bucket(key, nowMs);
    return bucket.tokens >= 1 ? 0 : this.#nextInMs(bucket);
  }

  #nextInMs({ tokens }: Bucket): number {
    return ((1 - tokens) * this.#limits.perMs) / this.#limits.requests;
  }

  #say({ tokens }: Bucket): void {
    const { requests, perMs, burst } = this.#limits;
    this.left = Math.floor(tokens);
    this.fullInMs = ((burst - tokens) * perMs) / requests;
  }

  #bucket(key: string, nowMs: number): Bucket {
    const { requests, perMs, burst } = this.#limits;
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MAX_KEYS) this.#forgetOldest();
    bucket.tokens = Math.min(burst, bucket.tokens + ((nowMs - bucket.atMs) * requests) / perMs);
    bucket.atMs = nowMs;
    return bucket;
  }

  #forgetOldest(): void {
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
