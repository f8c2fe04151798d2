import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addSparse, BUCKET_COUNT, bucketOf, lowerEdge, quantile, toSparse } from './histogram.ts';

describe('the histogram', () => {
  it('puts every value into the bucket whose edges enclose it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 36 - 1 }), (us) => {
        const bucket = bucketOf(us);
        expect(bucket).toBeGreaterThanOrEqual(0);
        expect(bucket).toBeLessThan(BUCKET_COUNT);
        expect(lowerEdge(bucket)).toBeLessThanOrEqual(us);
        expect(lowerEdge(bucket + 1)).toBeGreaterThan(us);
      }),
    );
  });

  it('has no bucket wider than one 64th of its values', () => {
    for (let i = 64; i < BUCKET_COUNT; i++) {
      expect((lowerEdge(i + 1) - lowerEdge(i)) / lowerEdge(i)).toBeLessThanOrEqual(1 / 64);
    }
  });

  it('takes what is beyond its range into its last bucket', () => {
    expect(bucketOf(2 ** 40)).toBe(BUCKET_COUNT - 1);
    expect(bucketOf(-1)).toBe(0);
  });

  it('merges by adding', () => {
    const values = fc.array(fc.integer({ min: 0, max: 1e7 }), { maxLength: 50 });
    const sparse = (us: readonly number[]): [number, number][] => {
      const dense = new Float64Array(BUCKET_COUNT);
      for (const v of us) dense[bucketOf(v)] = (dense[bucketOf(v)] ?? 0) + 1;
      return toSparse(dense);
    };
    fc.assert(
      fc.property(values, values, (a, b) => {
        const sum = new Float64Array(BUCKET_COUNT);
        addSparse(sum, sparse(a));
        addSparse(sum, sparse(b));
        expect(toSparse(sum)).toEqual(sparse([...a, ...b]));
      }),
    );
  });

  it('finds a quantile within the width of a bucket, and none where nothing was counted', () => {
    const dense = new Float64Array(BUCKET_COUNT);
    for (let us = 1; us <= 10_000; us++) dense[bucketOf(us)] = (dense[bucketOf(us)] ?? 0) + 1;
    expect(quantile(toSparse(dense), 0.99)).toBeGreaterThan(9_900 * (1 - 1 / 64));
    expect(quantile(toSparse(dense), 0.99)).toBeLessThan(9_900 * (1 + 1 / 64));
    expect(quantile([], 0.5)).toBeUndefined();
  });
});
