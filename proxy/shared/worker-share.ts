/** A worker's side of what the workers share: tells the first process what it holds, and asks it for tokens. */
import type { Clock } from '../dataplane-api.ts';
import type { BucketLimits } from '../rate-limit/token-buckets.ts';
import { allowance } from './allowance.ts';
import { LeasedBuckets } from './leased-buckets.ts';
import { MAX_LIMITS } from './token-ledger.ts';
import { Quotas } from './quota.ts';
import type { Quota, QuotaAsk } from './quota.ts';
import type { FromWorker, ToWorker, TokenAsk, TokenReturn } from './messages.ts';
import type { Counted, Ejection, Limit, RateBuckets, Sharing } from './sharing.ts';

type Shared = { counted: Counted; readonly limit: Limit; said: number };

/** How often it tells what has changed, and how late the others know it at most, beside the way. */
export const TELL_EVERY_MS = 10;

export class WorkerShare implements Sharing {
  readonly #send: (message: FromWorker) => void;
  readonly #clock: Clock;
  readonly #counts = new Map<string, Shared>();
  /** Also of what is not limited here, or not yet. */
  readonly #elsewhere = new Map<string, number>();
  /** In the order in which they were declared. */
  readonly #buckets = new Map<string, LeasedBuckets>();
  readonly #quotas = new Quotas((quotas) => this.#send({ type: 'share', quotas }));
  #asks: TokenAsk[] = [];
  #processes = 1;
  #ticker: NodeJS.Timeout | undefined;
  onEjected: (ejection: Ejection) => void = () => {};

  constructor(send: (message: FromWorker) => void, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** A limit that is declared anew goes on under its key. */
  limit(counted: Counted): Limit {
    this.#start();
    const known = this.#counts.get(counted.key);
    const shared = known ?? { counted, limit: { allowed: counted.limit }, said: 0 };
    shared.counted = counted;
    this.#counts.set(counted.key, shared);
    this.#allow(shared);
    return shared.limit;
  }

  drop(key: string): void {
    const shared = this.#counts.get(key);
    if (shared && shared.said !== 0) this.#send({ type: 'share', counts: [[key, 0]] });
    this.#counts.delete(key);
  }

  buckets(id: string, limits: BucketLimits): RateBuckets {
    this.#start();
    const buckets = new LeasedBuckets(id, limits, (ask) => this.#askSoon(ask));
    this.#buckets.delete(id);
    this.#buckets.set(id, buckets);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_LIMITS && oldest !== undefined) this.#buckets.delete(oldest);
    return buckets;
  }

  quota(ask: QuotaAsk): Quota {
    this.#start();
    return this.#quotas.hold(ask);
  }

  dropQuota(key: string): void {
    this.#quotas.drop(key);
  }

  ejected(ejection: Ejection): void {
    this.#send({ type: 'share', ejection });
  }

  /** To be called once, when answers can be heard. */
  join(): void {
    this.#send({ type: 'share', joins: true });
  }

  receive({ processes, counts = [], grants = [], quotas, ejection }: ToWorker): void {
    if (processes !== undefined) this.#setProcesses(processes);
    for (const [key, elsewhere] of counts) {
      if (elsewhere === 0) this.#elsewhere.delete(key);
      else this.#elsewhere.set(key, elsewhere);
      const shared = this.#counts.get(key);
      if (!shared) continue;
      this.#allow(shared);
      shared.counted.onChange?.(elsewhere, this.#processes);
    }
    const nowMs = this.#clock.nowMs();
    for (const grant of grants) this.#buckets.get(grant.id)?.granted(grant, nowMs);
    if (quotas) this.#quotas.receive(quotas);
    if (ejection) this.onEjected(ejection);
  }

  /** Tells what has changed. Called by its own ticker. */
  tell(): void {
    this.#quotas.tell();
    const nowMs = this.#clock.nowMs();
    const counts: [string, number][] = [];
    for (const shared of this.#counts.values()) {
      const own = shared.counted.own();
      if (own === shared.said) continue;
      shared.said = own;
      counts.push([shared.counted.key, own]);
    }
    const returns: TokenReturn[] = [];
    for (const buckets of this.#buckets.values()) buckets.sweep(nowMs, (unused) => returns.push(unused));
    if (counts.length > 0 || returns.length > 0) {
      this.#send({
        type: 'share',
        ...(counts.length > 0 ? { counts } : {}),
        ...(returns.length > 0 ? { returns } : {}),
      });
    }
  }

  close(): void {
    clearInterval(this.#ticker);
  }

  #start(): void {
    this.#ticker ??= setInterval(() => this.tell(), TELL_EVERY_MS).unref();
  }

  #setProcesses(processes: number): void {
    this.#processes = processes;
    for (const shared of this.#counts.values()) this.#allow(shared);
  }

  #allow({ counted, limit }: Shared): void {
    const elsewhere = this.#elsewhere.get(counted.key) ?? 0;
    limit.allowed = allowance(counted.limit, counted.own(), elsewhere, this.#processes);
  }

  /** All that asked in one turn of the event loop go in one message. */
  #askSoon(ask: TokenAsk): void {
    if (this.#asks.length === 0) setImmediate(() => this.#sendAsks());
    const same = this.#asks.findIndex(({ id, key }) => id === ask.id && key === ask.key);
    const before = this.#asks[same];
    if (before) this.#asks[same] = { ...before, need: before.need + ask.need };
    else this.#asks.push(ask);
  }

  #sendAsks(): void {
    const asks = this.#asks;
    this.#asks = [];
    this.#send({ type: 'share', asks });
  }
}
