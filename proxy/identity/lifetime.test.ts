import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ageOf, lifetimeOf, retryMs } from './lifetime.ts';

const share = fc.double({ min: 0, max: 1, noNaN: true });

it('is due from about half of its life on, late from three quarters, and over at its end', () => {
  const lifetime = lifetimeOf(1_000, 2_000, 0.5);
  const ages = [1_000, 1_499, 1_500, 1_749, 1_750, 1_999, 2_000].map((ms) => ageOf(lifetime, ms));
  expect(ages).toEqual(['fresh', 'fresh', 'due', 'due', 'late', 'late', 'over']);
});

it('comes up for renewal between 45 and 55 percent of any life', () => {
  fc.assert(
    fc.property(share, fc.integer({ min: 1, max: 10 ** 9 }), (at, lastsMs) => {
      const part = lifetimeOf(0, lastsMs, at).renewAtMs / lastsMs;
      expect(part).toBeGreaterThanOrEqual(0.45 - 1e-9);
      expect(part).toBeLessThanOrEqual(0.55 + 1e-9);
    }),
  );
});

it('is due when the clock stands before its beginning', () => {
  expect(ageOf(lifetimeOf(1_000, 2_000, 0.5), 999)).toBe('due');
});

it('is asked for again after half a second at first and half a minute at last', () => {
  expect([1, 2, 3].map((failures) => retryMs(failures, 1))).toEqual([500, 1_000, 2_000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), share, (failures, at) => {
      const waitMs = retryMs(failures, at);
      expect(waitMs).toBeGreaterThanOrEqual(250);
      expect(waitMs).toBeLessThanOrEqual(30_000);
    }),
  );
});
