import { describe, expect, it } from 'vitest';
import { hashText, mix, ppmOf, Random } from './random.ts';

/** Pearson's statistic over equal cells. With 99 degrees of freedom it is above 160 once in ten thousand. */
function chiSquare(values: readonly number[], cells = 100): number {
  const counts = new Array<number>(cells).fill(0);
  for (const ppm of values) {
    const cell = Math.floor((ppm / 1_000_000) * cells);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const expected = values.length / cells;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

describe('the generator', () => {
  it('repeats itself for the same seed, and not for another', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.uint32());
    };
    expect(draw(42)).toEqual(draw(42));
    expect(draw(42)).not.toEqual(draw(43));
    expect(new Set(draw(0)).size).toBe(5);
    expect(draw(1)).toEqual([270_369, 67_634_689, 2_647_435_461, 307_599_695, 2_398_689_233]); // xorshift32 from 1
  });

  it('is uniform', () => {
    for (const seed of [0, 1, 7, 0xffff_ffff]) {
      const random = new Random(seed);
      expect(chiSquare(Array.from({ length: 100_000 }, () => random.ppm()))).toBeLessThan(160);
    }
  });
});

describe('the hash', () => {
  it('never changes: sticky sessions and recorded faults rely on it', () => {
    expect([hashText('', 0), hashText('alice', 0), hashText('alice', 1), hashText('é', 7)]).toEqual(GOLDEN);
    expect([mix(0), mix(1), mix(0xffff_ffff)]).toEqual([0, 1_364_076_727, 2_180_083_513]); // fmix32 of MurmurHash3
  });

  it('spreads neighbours evenly', () => {
    for (const seed of [0, 1, hashText('run-1', 5)]) {
      expect(chiSquare(Array.from({ length: 100_000 }, (_, i) => ppmOf(hashText(`user-${i}`, seed))))).toBeLessThan(
        160,
      );
      expect(chiSquare(Array.from({ length: 100_000 }, (_, i) => ppmOf(mix(seed ^ mix(i)))))).toBeLessThan(160);
    }
  });

  it('gives a key unrelated places under two seeds: runs of an experiment pick their users anew', () => {
    const [a, b] = [hashText('run-1', 1), hashText('run-2', 1)];
    for (const keyOf of [(i: number) => `user-${i}`, (i: number) => String(i), (i: number) => `${i}@example.org`]) {
      let both = 0;
      const keys = 50_000;
      for (let i = 0; i < keys; i++) {
        if (ppmOf(hashText(keyOf(i), a)) < 100_000 && ppmOf(hashText(keyOf(i), b)) < 100_000) both++;
      }
      const expected = keys / 100;
      expect(Math.abs(both - expected)).toBeLessThan(4 * Math.sqrt(expected));
    }
  });

  it('becomes parts per million from 0 to 999 999', () => {
    expect([ppmOf(0), ppmOf(0xffff_ffff), ppmOf(0x8000_0000)]).toEqual([0, 999_999, 500_000]);
  });
});

const GOLDEN = [2_872_998_923, 3_927_234_078, 3_615_726_826, 2_473_835_122];
