import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byGradient, byTarget, MIN_LIMIT } from './next-limit.ts';

const busy = (latencyMs: number): { latencyMs: number; peakInFlight: number } => ({ latencyMs, peakInFlight: 10_000 });

describe('byGradient', () => {
  it('is what the formula says', () => {
    // 10 ms + 25 %, seen 25 ms: half of 100, and the root of 100.
    expect(byGradient(100, 10, busy(25), 1_000)).toBeCloseTo(60);
    expect(byGradient(100, 10, busy(12.5), 1_000)).toBeCloseTo(110);
  });

  it('at most doubles and at least halves, but for the headroom', () => {
    expect(byGradient(100, 10, busy(1), 1_000)).toBeCloseTo(210);
    expect(byGradient(100, 10, busy(0), 1_000)).toBeCloseTo(210);
    expect(byGradient(100, 10, busy(9_999), 1_000)).toBeCloseTo(60);
  });
});

describe('byTarget', () => {
  it('adds one below the target and takes a tenth above it', () => {
    expect(byTarget(50, 20, busy(20), 1_000)).toBe(51);
    expect(byTarget(50, 20, busy(21), 1_000)).toBe(45);
  });
});

describe('both', () => {
  it.each([byGradient, byTarget])('do not raise what is not half used, and stay within their bounds', (next) => {
    const positive = fc.double({ min: 0, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 1_000 }), positive, positive, fc.nat(2_000), (limit, a, b, peak) => {
        const after = next(limit, a, { latencyMs: b, peakInFlight: peak }, 1_000);
        expect(after).toBeGreaterThanOrEqual(MIN_LIMIT);
        expect(after).toBeLessThanOrEqual(1_000);
        if (peak * 2 < limit) expect(after).toBeLessThanOrEqual(limit);
      }),
    );
  });
});
