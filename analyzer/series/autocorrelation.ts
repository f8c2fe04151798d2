/** How much each point of a series repeats the one before it, and how many independent points it is worth. */

/** Running sums of a series, so that every prefix can be judged in constant time. */
export type Running = {
  readonly n: number;
  readonly sum: number;
  readonly sumOfSquares: number;
  /** Of each point times the one before it. */
  readonly products: number;
  readonly first: number;
  readonly last: number;
};

export const NO_POINTS: Running = { n: 0, sum: 0, sumOfSquares: 0, products: 0, first: 0, last: 0 };

export function addPoint(to: Running, x: number): Running {
  return {
    n: to.n + 1,
    sum: to.sum + x,
    sumOfSquares: to.sumOfSquares + x * x,
    products: to.products + (to.n === 0 ? 0 : x * to.last),
    first: to.n === 0 ? x : to.first,
    last: x,
  };
}

/** Lag-1 autocorrelation, -1…1; 0 for a constant series or fewer than three points. */
export function lagOne({ n, sum, sumOfSquares, products, first, last }: Running): number {
  const mean = sum / n;
  const spread = sumOfSquares - n * mean * mean;
  if (n < 3 || spread <= 1e-12 * sumOfSquares) return 0;
  // Sum over pairs of (x[i] - mean)(x[i+1] - mean), multiplied out.
  const joint = products - mean * (2 * sum - first - last) + (n - 1) * mean * mean;
  return Math.max(-1, Math.min(1, joint / spread));
}

/**
 * Independent points that a mean of `n` points is worth when each carries the share `r` of the one before it over:
 * n (1-r)/(1+r) (an autoregressive series of order 1; Bayley & Hammersley 1946). Never more than n: a negative
 * autocorrelation is not taken as a gift. `r` is first corrected for its downward bias in short series,
 * (1+4r)/n (Marriott & Pope 1954).
 */
export function effectiveSize(n: number, r: number): number {
  if (n < 3) return n;
  const corrected = Math.min(0.99, r + (1 + 4 * Math.max(0, r)) / n);
  return corrected <= 0 || r <= 0 ? n : Math.max(1, (n * (1 - corrected)) / (1 + corrected));
}

/** Beyond what independent points show by chance (5 %, two-sided). */
export function isAutocorrelated(n: number, r: number): boolean {
  return n >= 10 && Math.abs(r) > 1.96 / Math.sqrt(n);
}
