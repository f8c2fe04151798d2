import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BodySizes, cumulative, SIZE_BOUNDS } from './body-sizes.ts';

it('a body is counted in the first bucket that holds it', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(3_000), fc.nat(9_000_000)), { maxLength: 30 }), (bodies) => {
      const sizes = new BodySizes();
      for (const bytes of bodies) sizes.record(bytes);
      const totals = sizes.totals();
      const expected = [...SIZE_BOUNDS, Infinity].map((bound) => bodies.filter((bytes) => bytes <= bound).length);
      expect(cumulative(totals)).toEqual(expected);
      expect(totals.sum).toBe(bodies.reduce((sum, bytes) => sum + bytes, 0));
    }),
  );
});
