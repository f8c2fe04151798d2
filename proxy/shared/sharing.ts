/** What a data plane asks of the other workers of its proxy, and what it gets where there are none. */
import type { Exchange } from '../exchange.ts';
import type { EjectionReason } from '../outliers/outlier-state.ts';
import { TokenBuckets } from '../rate-limit/token-buckets.ts';
import type { BucketLimits } from '../rate-limit/token-buckets.ts';
import type { Quota, QuotaAsk } from './quota.ts';

/** So much this process may hold at once. Read on every request, changed a few times a second at most. */
export type Limit = { allowed: number };

/** What is counted against a limit, by a name that all workers use. */
export type Counted = {
  readonly key: string;
  readonly limit: number;
  readonly own: () => number;
  /** The others hold so many now; `allowed` is up to date. */
  readonly onChange?: (elsewhere: number, processes: number) => void;
};

export type Ejection = {
  readonly service: string;
  readonly version: string;
  readonly address: string;
  readonly reason: EjectionReason;
  readonly forMs: number;
  /** The how-manieth in a row. */
  readonly ejections: number;
};

/** It is not known here whether the request may pass: `hold` it. */
export const ASK = -1;

export interface RateBuckets {
  /** @returns 0: it may pass; ASK; else the milliseconds until the next one may */
  take(key: string, nowMs: number): number;
  /** What the last take (or answer) has left: requests that may still come at once, and the milliseconds until all may. */
  readonly left: number;
  readonly fullInMs: number;
  /** Absent where `take` never says ASK. */
  readonly holder?: Holder;
}

export interface Holder {
  /** Asks for the request, which waits; `decide` is told as `take` would have said, once, unless it is let go before. */
  hold(key: string, exchange: Exchange, decide: (exchange: Exchange, waitMs: number) => void): void;
  letGo(exchange: Exchange): void;
}

export interface Sharing {
  /** A limit that is declared anew goes on under its key. */
  limit(counted: Counted): Limit;
  /** Nothing is held against it any more. */
  drop(key: string): void;
  /** @param id - by which all workers know the limit */
  buckets(id: string, limits: BucketLimits): RateBuckets;
  /** A part of a total that is never exceeded, whatever the others do. A key is held once at a time. */
  quota(ask: QuotaAsk): Quota;
  dropQuota(key: string): void;
  ejected(ejection: Ejection): void;
  /** Called when another worker has ejected an endpoint. */
  onEjected: (ejection: Ejection) => void;
}

/** For a process that has no others beside it. */
export function alone(): Sharing {
  return {
    limit: ({ limit }) => ({ allowed: limit }),
    drop: () => {},
    buckets: (_, limits) => new TokenBuckets(limits),
    quota: ({ limit }) => ({ granted: limit, wanted: false }),
    dropQuota: () => {},
    ejected: () => {},
    onEjected: () => {},
  };
}
