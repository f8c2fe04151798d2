import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exchangeOf } from '../testing/exchange.ts';
import { heldRuntime } from '../testing/runtime.ts';
import { LeasedBuckets } from './leased-buckets.ts';
import type { TokenAsk } from './messages.ts';
import { ASK } from './sharing.ts';
import { reserveOf, TokenLedger } from './token-ledger.ts';

const LIMITS = { requests: 100, perMs: 1_000, burst: 20 };

/** Workers over one ledger; asks wait until they are answered. */
function stage(count: number, limits = LIMITS) {
  const runtime = heldRuntime();
  const ledger = new TokenLedger();
  const asks: { readonly of: number; readonly ask: TokenAsk }[] = [];
  const nowMs = (): number => runtime.clock.nowMs();
  const workers = Array.from(
    { length: count },
    (_, of) => new LeasedBuckets('limit', limits, (ask) => asks.push({ of, ask })),
  );
  const decided: number[] = [];
  const answer = (): void => {
    for (const { of, ask } of asks.splice(0)) workers[of]?.granted(ledger.grant(ask, count, nowMs()), nowMs());
  };
  const ask = (of: number, key = ''): void => {
    const worker = workers[of] as LeasedBuckets;
    const waitMs = worker.take(key, nowMs());
    if (waitMs !== ASK) decided.push(waitMs);
    else worker.hold(key, exchangeOf(runtime, 'GET /'), (_, ms) => decided.push(ms));
  };
  const sweep = (): void => {
    for (const worker of workers) worker.sweep(nowMs(), (unused) => ledger.giveBack(unused, nowMs()));
  };
  return { runtime, workers, asks, decided, answer, ask, sweep, passed: () => decided.filter((ms) => ms === 0).length };
}

describe('one limit over several workers', () => {
  it('lets the burst pass, wherever its requests come, and says to the others when to come back', () => {
    const { ask, answer, decided, passed } = stage(2);
    for (let i = 0; i < 30; i++) {
      ask(i % 2);
      answer();
    }
    expect(decided).toHaveLength(30);
    expect(passed()).toBeGreaterThanOrEqual(18); // at most a part of the reserve of one is unused
    expect(passed()).toBeLessThanOrEqual(20);
    expect(Math.max(...decided)).toBeCloseTo(10);
  });

  it('gives what a worker does not use to the others', () => {
    const { ask, answer, passed, runtime, sweep } = stage(2);
    ask(0);
    answer();
    runtime.move(1_000);
    sweep();
    for (let i = 0; i < 25; i++) {
      ask(1);
      answer();
    }
    expect(passed()).toBe(21);
  });

  it('asks once for many requests that wait, and decides each', () => {
    const { ask, asks, answer, decided, passed } = stage(3, { requests: 4, perMs: 1_000, burst: 4 });
    for (let i = 0; i < 6; i++) ask(0);
    expect(decided).toEqual([]);
    expect(asks).toHaveLength(6);
    answer();
    expect(decided).toHaveLength(6);
    expect(passed()).toBe(4);
    ask(0); // known here: nothing is asked
    expect(asks).toEqual([]);
  });

  it('goes on in a worker whose first process does not answer', () => {
    const { ask, runtime, sweep, passed, decided } = stage(1);
    for (let i = 0; i < 25; i++) ask(0);
    runtime.move(199);
    sweep();
    expect(decided).toEqual([]);
    runtime.move(1);
    sweep();
    expect([passed(), decided.length]).toEqual([20, 25]);
  });

  it('never lets more pass than burst and rate allow', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.record({ of: fc.nat(3), gapMs: fc.nat(60), late: fc.boolean() }), { maxLength: 150 }),
        (count, requests) => {
          const { ask, answer, passed, runtime, sweep } = stage(count);
          let ms = 0;
          for (const { of, gapMs, late } of requests) {
            runtime.move(gapMs);
            ms += gapMs;
            ask(of % count);
            if (!late) answer();
            sweep();
            expect(passed()).toBeLessThanOrEqual(20 + ms / 10 + 1e-9);
          }
        },
      ),
    );
  });

  it('keeps in reserve a part of what comes in during a lease, or of half of what is left', () => {
    expect(reserveOf({ requests: 1_000, perMs: 1_000, burst: 1_000 }, 1_000, 4)).toBe(25);
    expect(reserveOf({ requests: 1_000, perMs: 1_000, burst: 1_000 }, 40, 4)).toBe(5);
    expect(reserveOf({ requests: 5, perMs: 1_000, burst: 5 }, 5, 2)).toBe(0);
  });
});
