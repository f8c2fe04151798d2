/** The one count of each rate limit: in the first process. Workers lease tokens from it. */
import { TokenBuckets } from '../rate-limit/token-buckets.ts';
import type { BucketLimits } from '../rate-limit/token-buckets.ts';
import type { TokenAsk, TokenGrant, TokenReturn } from './messages.ts';

/** For so long a worker may keep tokens that it does not use. */
export const LEASE_MS = 100;
/** Limits that are remembered, those of earlier configurations too. */
export const MAX_LIMITS = 1_000;

export class TokenLedger {
  /** In the order of their last use. */
  readonly #limits = new Map<string, TokenBuckets>();

  grant({ id, key, limits, need }: TokenAsk, processes: number, nowMs: number): TokenGrant {
    const buckets = this.#buckets(id, limits);
    const needed = buckets.takeUpTo(key, need, nowMs);
    const reserve = needed < need ? 0 : buckets.takeUpTo(key, reserveOf(limits, buckets.left, processes), nowMs);
    const { left, fullInMs } = buckets;
    const waitMs = needed < need ? buckets.nextInMs(key, nowMs) : 0;
    return { id, key, granted: needed + reserve, waitMs, left, fullInMs };
  }

  giveBack([id, key, count]: TokenReturn, nowMs: number): void {
    this.#limits.get(id)?.giveBack(key, count, nowMs);
  }

  #buckets(id: string, limits: BucketLimits): TokenBuckets {
    const buckets = this.#limits.get(id) ?? new TokenBuckets(limits);
    this.#limits.delete(id);
    this.#limits.set(id, buckets);
    const [oldest] = this.#limits.keys();
    if (this.#limits.size > MAX_LIMITS && oldest !== undefined) this.#limits.delete(oldest);
    return buckets;
  }
}

/** A worker's part of what comes in during a lease, and never more than its part of half of what is there. */
export function reserveOf({ requests, perMs }: BucketLimits, left: number, processes: number): number {
  const part = Math.max(1, processes);
  return Math.floor(Math.min((requests * LEASE_MS) / perMs, left / 2) / part);
}
