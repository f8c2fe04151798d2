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

/** Doubles `start` until f changes sign against f(start), then bisects. @returns Infinity when it never does */
export function bisectUpward(f: (x: number) => number, start: number): number {
  const sign = Math.sign(f(start));
  for (let high = start * 2; Number.isFinite(high); high *= 2) {
    if (Math.sign(f(high)) !== sign) return bisect(f, high / 2, high);
  }
  return Infinity;
}
