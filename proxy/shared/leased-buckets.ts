/**
 * The token buckets of one limit as a worker sees them: it spends tokens that it has leased, refuses while it knows that
 * there are none, and else lets the request wait for the first process's answer. So no more pass than the limit says.
 */
import type { Exchange } from '../exchange.ts';
import { MAX_KEYS, TokenBuckets } from '../rate-limit/token-buckets.ts';
import type { BucketLimits } from '../rate-limit/token-buckets.ts';
import type { TokenAsk, TokenGrant, TokenReturn } from './messages.ts';
import { ASK } from './sharing.ts';
import type { Holder, RateBuckets } from './sharing.ts';
import { LEASE_MS } from './token-ledger.ts';

type Decide = (exchange: Exchange, waitMs: number) => void;

type Lease = {
  readonly key: string;
  tokens: number;
  granted: number;
  untilMs: number;
  refusedUntilMs: number;
  /** When it was asked for more; 0: no answer is awaited. */
  askedAtMs: number;
  readonly waiting: Map<Exchange, Decide>;
  left: number;
  fullInMs: number;
};

/** The first process is stuck when it does not answer within this: until it does, the worker counts for itself. */
const ANSWER_MS = 200;

export class LeasedBuckets implements RateBuckets, Holder {
  readonly id: string;
  readonly #limits: BucketLimits;
  readonly #ask: (ask: TokenAsk) => void;
  readonly #leases = new Map<string, Lease>();
  readonly #open = new Set<string>();
  /** Where each exchange waits. */
  readonly #held = new Map<Exchange, Lease>();
  #without: TokenBuckets | undefined;
  left = 0;
  fullInMs = 0;
  readonly holder = this;

  constructor(id: string, limits: BucketLimits, ask: (ask: TokenAsk) => void) {
    this.id = id;
    this.#limits = limits;
    this.#ask = ask;
  }

  take(key: string, nowMs: number): number {
    const lease = this.#lease(key);
    if (lease.tokens > 0 && nowMs < lease.untilMs) {
      lease.tokens--;
      if (lease.tokens * 2 < lease.granted && lease.askedAtMs === 0) this.#askFor(key, lease, 0, nowMs);
      this.#say(lease);
      return 0;
    }
    this.#say(lease);
    return nowMs < lease.refusedUntilMs ? lease.refusedUntilMs - nowMs : ASK;
  }

  hold(key: string, exchange: Exchange, decide: Decide): void {
    const lease = this.#lease(key);
    lease.waiting.set(exchange, decide);
    this.#held.set(exchange, lease);
    this.#askFor(key, lease, 1, exchange.runtime.clock.nowMs());
  }

  letGo(exchange: Exchange): void {
    this.#held.get(exchange)?.waiting.delete(exchange);
    this.#held.delete(exchange);
  }

  granted({ key, granted, waitMs, left, fullInMs }: TokenGrant, nowMs: number): void {
    const lease = this.#lease(key);
    Object.assign(lease, { left, fullInMs, untilMs: nowMs + LEASE_MS });
    lease.tokens += granted;
    lease.granted = lease.tokens;
    if (waitMs > 0) lease.refusedUntilMs = nowMs + waitMs;
    if (lease.tokens > 0) this.#open.add(key);
    this.#serve(lease, (): number => {
      // Who has asked later has an answer of its own to come.
      if (lease.tokens === 0) return waitMs > 0 ? waitMs : ASK;
      lease.tokens--;
      return 0;
    });
    if (lease.waiting.size === 0) lease.askedAtMs = 0;
  }

  /** Gives back what has not been used in time, and decides alone where no answer comes. Called every few milliseconds. */
  sweep(nowMs: number, giveBack: (unused: TokenReturn) => void): void {
    for (const key of this.#open) {
      const lease = this.#leases.get(key);
      if (lease && nowMs < lease.untilMs) continue;
      this.#open.delete(key);
      if (!lease || lease.tokens === 0) continue;
      giveBack([this.id, key, lease.tokens]);
      lease.tokens = 0;
    }
    if (this.#held.size > 0) this.#decideAlone(nowMs);
  }

  #decideAlone(nowMs: number): void {
    for (const lease of new Set(this.#held.values())) {
      if (nowMs - lease.askedAtMs < ANSWER_MS) continue;
      const without = (this.#without ??= new TokenBuckets(this.#limits));
      this.#serve(lease, () => without.take(lease.key, nowMs));
    }
  }

  #serve(lease: Lease, decision: () => number): void {
    for (const [exchange, decide] of [...lease.waiting]) {
      const waitMs = decision();
      if (waitMs === ASK) return;
      this.letGo(exchange);
      this.#say(lease);
      decide(exchange, waitMs);
    }
  }

  #say(lease: Lease): void {
    this.left = lease.left + lease.tokens;
    this.fullInMs = lease.fullInMs;
  }

  #askFor(key: string, lease: Lease, need: number, nowMs: number): void {
    lease.askedAtMs = nowMs;
    this.#ask({ id: this.id, key, limits: this.#limits, need });
  }

  #lease(key: string): Lease {
    const known = this.#leases.get(key);
    const lease = known ?? newLease(key);
    if (known === undefined) this.#forgetOldest();
    else this.#leases.delete(key);
    this.#leases.set(key, lease);
    return lease;
  }

  /** One for whom nobody waits: its tokens are lost, which errs on the safe side. */
  #forgetOldest(): void {
    if (this.#leases.size < MAX_KEYS) return;
    for (const [key, lease] of this.#leases) {
      if (lease.waiting.size > 0) continue;
      this.#leases.delete(key);
      return;
    }
  }
}

function newLease(key: string): Lease {
  const numbers = { tokens: 0, granted: 0, untilMs: 0, refusedUntilMs: 0, askedAtMs: 0, left: 0, fullInMs: 0 };
  return { key, ...numbers, waiting: new Map() };
}
