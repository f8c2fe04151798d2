/**
 * Group-sequential bounds: looks at planned shares of the final sample, the error spent between them by a spending
 * function (Lan & DeMets 1983), the bounds by the recursion of Armitage, McPherson & Rowe 1969.
 * For tests whose largest sample is known and which are looked at in batches.
 */
import { normalDensity, normalQuantile, normalTail } from '../../math/normal.ts';
import { bisect } from '../../math/root.ts';

export type GroupSequential = {
  /** Shares of the final information at the looks, rising, at most 1. */
  readonly information: readonly number[];
  readonly alpha: number;
  readonly sides: 1 | 2;
  /** How much of alpha may be spent up to a share of the information: alpha * share^power. */
  readonly power: number;
};

const POINTS = 401;
/** Beyond this many standard deviations nothing is left that double precision would show. */
const REACH = 9;

/** The process is a Brownian motion in the information; a slice is its density where no bound was crossed yet. */
type Slice = { readonly points: readonly number[]; readonly weights: readonly number[] };

/** @returns the bound of each look, on the scale of z-values */
export function groupSequentialBounds(design: GroupSequential): number[] {
  const bounds: number[] = [];
  let slice: Slice = { points: [0], weights: [1] };
  let time = 0;
  let spent = 0;
  for (const next of design.information) {
    const toSpend = design.alpha * Math.min(1, next) ** design.power;
    const sd = Math.sqrt(next - time);
    const crossing = (bound: number): number => crossed(slice, bound, sd, design.sides);
    const share = toSpend - spent;
    const start = Math.sqrt(next);
    const bound =
      bounds.length === 0
        ? normalQuantile(1 - share / design.sides) * start
        : bisect((b) => crossing(b) - share, 0, REACH * start);
    bounds.push(bound / start);
    slice = advance(slice, bound, design.sides === 2 ? -bound : -REACH * start, sd);
    time = next;
    spent = toSpend;
  }
  return bounds;
}

function crossed({ points, weights }: Slice, bound: number, sd: number, sides: 1 | 2): number {
  return points.reduce((sum, w, i) => {
    const above = tail((bound - w) / sd);
    return sum + (weights[i] ?? 0) * (sides === 2 ? above + tail((bound + w) / sd) : above);
  }, 0);
}

function tail(z: number): number {
  return z > REACH ? 0 : normalTail(z);
}

/** The density at the next look between its bounds, on Simpson's points. */
function advance({ points, weights }: Slice, high: number, low: number, sd: number): Slice {
  const step = (high - low) / (POINTS - 1);
  const next = Array.from({ length: POINTS }, (_, i) => low + i * step);
  return {
    points: next,
    weights: next.map((w, i) => {
      const simpson = ((i === 0 || i === POINTS - 1 ? 1 : i % 2 === 1 ? 4 : 2) * step) / 3;
      return (
        simpson * points.reduce((sum, from, j) => sum + (weights[j] ?? 0) * (normalDensity((w - from) / sd) / sd), 0)
      );
    }),
  };
}
