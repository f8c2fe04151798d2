import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { axisReach, barOf, evidenceProgress } from './interval.ts';

const metric = fc
  .record({
    effect: fc.double({ min: -2, max: 2, noNaN: true }),
    below: fc.double({ min: 0, max: 1, noNaN: true }),
    above: fc.double({ min: 0, max: 1, noNaN: true }),
    limit: fc.double({ min: 0.001, max: 0.5, noNaN: true }),
  })
  .map(({ effect, below, above, limit }) => ({
    effect,
    limit,
    interval: [effect - below, effect + above] as [number, number],
  }));

describe('the axis of effects', () => {
  test('keeps the order of interval, effect and limit, whatever the numbers', () => {
    fc.assert(
      fc.property(fc.array(metric, { minLength: 1, maxLength: 4 }), (metrics) => {
        const reach = axisReach(metrics);
        for (const m of metrics) {
          const bar = barOf(m, reach);
          expect(bar.from ?? 0).toBeLessThanOrEqual(bar.effect ?? 0);
          expect(bar.effect ?? 0).toBeLessThanOrEqual(bar.to ?? 0);
          expect(bar.zero).toBeLessThan(bar.limit);
          // Which side of the limit an effect is on is what the picture is for.
          if (Math.abs(m.effect - m.limit) > 1e-9) expect((bar.effect ?? 0) > bar.limit).toBe(m.effect > m.limit);
          for (const at of [bar.from, bar.effect, bar.to, bar.limit]) {
            expect(at).toBeGreaterThanOrEqual(0);
            expect(at).toBeLessThanOrEqual(100);
          }
        }
      }),
    );
  });

  test('puts no difference in the middle and the limit of every metric at the same place', () => {
    const rows = [
      { effect: 0.001, interval: [-0.001, 0.002] as [number, number], limit: 0.005 },
      { effect: 0.3, interval: null, limit: 0.1 },
    ];
    const reach = axisReach(rows);
    const [a, b] = rows.map((m) => barOf(m, reach));
    expect(a?.zero).toBe(50);
    expect(a?.limit).toBeCloseTo(b?.limit ?? 0);
  });

  test('says when an interval goes on beyond the axis', () => {
    const wide = { effect: 0, interval: [-9, 9] as [number, number], limit: 0.01 };
    expect(barOf(wide, axisReach([wide]))).toMatchObject({ clippedFrom: true, clippedTo: true, from: 0, to: 100 });
  });

  test('has a place for a metric without data and for one without tolerance', () => {
    expect(barOf({ effect: null, interval: null, limit: 0.1 }, 3)).toMatchObject({
      effect: null,
      from: null,
      zero: 50,
    });
    expect(barOf({ effect: 0, interval: null, limit: 0 }, 3)).toMatchObject({ effect: 50, limit: 50 });
  });
});

test('evidence goes forward by factors: half the way is the root of the threshold', () => {
  expect(evidenceProgress(Math.sqrt(200), 200)).toBeCloseTo(0.5);
  expect([0, 1, 200, 1e300].map((e) => evidenceProgress(e, 200))).toEqual([0, 0, 1, 1]);
});
