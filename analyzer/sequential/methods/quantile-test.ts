/** Are the p-quantiles of two arms equal? An anytime-valid p-value (Howard & Ramdas 2022, Theorem 5). */
import { minimize } from '../../math/minimize.ts';
import { betaBinomial, betaBinomialLogE } from '../beta-binomial.ts';
import type { BetaBinomial } from '../beta-binomial.ts';

/**
 * If x is the common quantile, each arm's count below x is a sum whose mixture martingale is G_a(x), G_b(x); their
 * product is one too. The p-value is 1 over the smallest product that any x leaves possible.
 * @param a - ascending
 * @param b - ascending
 * @param tOpt - the count per arm at which the test is sharpest
 */
export function quantileTestP(
  a: readonly number[],
  b: readonly number[],
  p: number,
  tOpt: number,
  alphaOpt: number,
): number {
  const mixture = betaBinomial(p, 1 - p, tOpt * p * (1 - p), alphaOpt, false);
  const leastA = leastLogE(mixture, a, p);
  const leastB = leastLogE(mixture, b, p);
  let least = Infinity;
  for (const x of [...a, ...b]) least = Math.min(least, leastA(x) + leastB(x));
  return Math.min(1, Math.exp(-least));
}

/**
 * Ties may fall on either side of x, so the share below x can be anything between "less" and "less or equal"; the
 * martingale is convex in it and smallest near p, where nothing speaks against x.
 */
function leastLogE(mixture: BetaBinomial, sorted: readonly number[], p: number): (x: number) => number {
  const n = sorted.length;
  const logE = (share: number): number => betaBinomialLogE(mixture, (share - p) * n, p * (1 - p) * n);
  const flattest = minimize(logE, 0, 1).at;
  return (x) => {
    const below = countWhile(sorted, (value) => value < x) / n;
    const upTo = countWhile(sorted, (value) => value <= x) / n;
    return logE(Math.min(Math.max(flattest, below), upTo));
  };
}

/** How many leading values fulfil a condition that, once broken, stays broken. */
function countWhile(sorted: readonly number[], holds: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle] ?? NaN)) low = middle + 1;
    else high = middle;
  }
  return low;
}
