/** Where a function of one variable crosses zero. */

/**
 * Halves [low, high] until it is as narrow as numbers allow. f(low) and f(high) should differ in sign; where they do
 * not, the answer is the end that f seems to cross beyond: `high` while f has f(low)'s sign throughout.
 * @returns a point within one part in 2^53 (of the larger end) of the crossing
 */
export function bisect(f: (x: number) => number, low: number, high: number): number {
  const sign = Math.sign(f(low));
  let from = low;
  let to = high;
  for (let i = 0; i < 200; i++) {
    const middle = (from + to) / 2;
    if (middle === from || middle === to) break;
    if (Math.sign(f(middle)) === sign) from = middle;
    else to = middle;
  }
  return (from + to) / 2;
}

/**
 * The same to one part in 1e13, in about a fifth of the steps where f is smooth: inverse quadratic interpolation where
 * its next point can be trusted, else a half (Chandrupatla 1997, Advances in Engineering Software 28:145).
 */
export function crossing(f: (x: number) => number, low: number, high: number): number {
  // The newest point, the one on the other side of the crossing, and the one before.
  let [x, fx, other, fOther] = [low, f(low), high, f(high)];
  if (Math.sign(fx) === Math.sign(fOther)) return high;
  let before: number;
  let fBefore: number;
  let part = 0.5;
  for (let i = 0; i < 200; i++) {
    const next = x + part * (other - x);
    const fNext = f(next);
    if (Math.sign(fNext) === Math.sign(fx)) [before, fBefore] = [x, fx];
    else [before, fBefore, other, fOther] = [other, fOther, x, fx];
    [x, fx] = [next, fNext];
    const [best, fBest] = Math.abs(fx) < Math.abs(fOther) ? [x, fx] : [other, fOther];
    const least = (1e-13 * Math.abs(best) + Number.MIN_VALUE) / Math.abs(other - x);
    if (least > 0.5 || fBest === 0 || !Number.isFinite(least)) return best;
    part = Math.min(1 - least, Math.max(least, nextPart({ x, fx, other, fOther, before, fBefore })));
  }
  return x;
}

type Points = Readonly<Record<'x' | 'fx' | 'other' | 'fOther' | 'before' | 'fBefore', number>>;

function nextPart({ x, fx, other, fOther, before, fBefore }: Points): number {
  const xi = (x - other) / (before - other);
  const phi = (fx - fOther) / (fBefore - fOther);
  if (!(1 - Math.sqrt(1 - xi) < phi && phi < Math.sqrt(xi))) return 0.5;
  const direct = (fx / (fOther - fx)) * (fBefore / (fOther - fBefore));
  const across = ((before - x) / (other - x)) * (fx / (fBefore - fx)) * (fOther / (fBefore - fOther));
  return direct + across;
}

/** Doubles `start` until f changes sign against f(start), then bisects. @returns Infinity when it never does */
export function bisectUpward(f: (x: number) => number, start: number): number {
  const sign = Math.sign(f(start));
  for (let high = start * 2; Number.isFinite(high); high *= 2) {
    if (Math.sign(f(high)) !== sign) return bisect(f, high / 2, high);
  }
  return Infinity;
}
