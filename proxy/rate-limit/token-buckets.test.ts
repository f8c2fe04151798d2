import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenBuckets } from './token-buckets.ts';

describe('TokenBuckets', () => {
  it('let a burst pass, then the rate', () => {
    const buckets = new TokenBuckets({ requests: 10, perMs: 1_000, burst: 3 });
    const passes = (nowMs: number): boolean => buckets.take('', nowMs) === 0;
    expect([passes(0), passes(0), passes(0), passes(0)]).toEqual([true, true, true, false]);
    expect(passes(99)).toBe(false);
    expect(passes(101)).toBe(true);
    expect(passes(102)).toBe(false);
  });

  it('say how long to wait, and are right', () => {
    const buckets = new TokenBuckets({ requests: 2, perMs: 1_000, burst: 1 });
    buckets.take('', 0);
    const waitMs = buckets.take('', 100);
    expect(waitMs).toBeCloseTo(400);
    expect(buckets.take('', 100 + waitMs)).toBe(0);
  });

  it('keep the keys apart', () => {
    const buckets = new TokenBuckets({ requests: 1, perMs: 1_000, burst: 1 });
    expect(buckets.take('a', 0)).toBe(0);
    expect(buckets.take('b', 0)).toBe(0);
    expect(buckets.take('a', 0)).toBeGreaterThan(0);
  });

  it('never let more pass than burst and rate allow, whenever the requests come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }), (gapsMs) => {
        const buckets = new TokenBuckets({ requests: 5, perMs: 1_000, burst: 4 });
        let nowMs = 0;
        let passed = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          if (buckets.take('', nowMs) === 0) passed++;
        }
        expect(passed).toBeLessThanOrEqual(4 + (nowMs * 5) / 1_000 + 1e-9);
      }),
    );
  });
});
