/** Mann-Whitney confidence interval for a shift, normal approximation with corrections for continuity and ties. */
import { normalQuantile } from '../math/normal.ts';
import { ranks } from './statistics.ts';
import { zeroIn } from './zero-in.ts';

export type MannWhitney = {
  /** Of experiment - control. */
  readonly lower: number;
  readonly upper: number;
  /** Hodges-Lehmann: the shift that makes both arms look alike. */
  readonly estimate: number;
};

const TOLERANCE = 1e-4;
const MAX_STEPS = 1000;

/**
 * How far the rank sum of x - mu lies from what it would be without a shift, in standard deviations, less z.
 * NaN when all values are tied.
 */
export function wilcoxonDifference(mu: number, z: number, x: readonly number[], y: readonly number[]): number {
  const [nx, ny] = [x.length, y.length];
  const all = nx + ny;
  const ranked = ranks([...x.map((value) => value - mu), ...y]);
  const sum = ranked.ranks.slice(0, nx).reduce((total, rank) => total + rank, 0);
  const distance = sum - (nx * (nx + 1)) / 2 - (nx * ny) / 2;
  const variance = ((nx * ny) / 12) * (all + 1 - ranked.ties / (all * (all - 1)));
  return (distance - Math.sign(distance) / 2) / Math.sqrt(variance) - z;
}

/** The widest shifts that the data allow at all. */
export function shiftRange(x: readonly number[], y: readonly number[]): { readonly min: number; readonly max: number } {
  return { min: Math.min(...x) - Math.max(...y), max: Math.max(...x) - Math.min(...y) };
}

/** @throws RangeError when all values are tied, where Kayenta's judge throws too */
export function mannWhitney(x: readonly number[], y: readonly number[], confidence: number): MannWhitney {
  const z = -normalQuantile((1 - confidence) / 2);
  return { lower: shiftAt(z, x, y), upper: shiftAt(-z, x, y), estimate: shiftAt(0, x, y) };
}

/** The shift at which the difference is z; the end of the range where it is not reached. */
function shiftAt(z: number, x: readonly number[], y: readonly number[]): number {
  const { min, max } = shiftRange(x, y);
  const f = (mu: number): number => wilcoxonDifference(mu, z, x, y);
  const [low, high] = [f(min), f(max)];
  if (Number.isNaN(low) || Number.isNaN(high)) throw new RangeError('all values are tied: no shift can be told');
  if (low <= 0) return min;
  if (high >= 0) return max;
  return zeroIn(f, { x: min, f: low }, { x: max, f: high }, TOLERANCE, MAX_STEPS);
}
