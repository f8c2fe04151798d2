/** Confidence sequence for one quantile of one arm, as ranks of order statistics (Howard & Ramdas 2022, Theorem 1). */
import { betaBinomial, betaBinomialBound } from './beta-binomial.ts';

export type QuantileRanks = {
  /** 1-based; below 1: nothing is known downward. */
  readonly lowerRank: number;
  /** 1-based; above the count: nothing is known upward. */
  readonly upperRank: number;
  readonly lowerRadius: number;
  readonly upperRadius: number;
};

/**
 * The ranks between which the p-quantile lies, at every look at once, with probability 1 - alpha.
 * The share of values below the true quantile is p; its sum of steps is bounded by the beta-binomial mixture.
 * @param count - values seen, > 0
 * @param tOpt - the count at which it should be tightest
 */
export function quantileRanks(p: number, count: number, tOpt: number, alpha: number): QuantileRanks {
  const v = p * (1 - p);
  const radius = (g: number, h: number): number =>
    betaBinomialBound(betaBinomial(g, h, tOpt * v, alpha, false), count * v, alpha) / count;
  const lowerRadius = radius(1 - p, p);
  const upperRadius = radius(p, 1 - p);
  // A radius that reaches the end of the scale bounds nothing: no order statistic is sure to be on that side.
  return {
    lowerRank: lowerRadius >= p ? 0 : Math.floor(count * (p - lowerRadius) + 1),
    upperRank: upperRadius >= 1 - p ? count + 1 : Math.ceil(count * (p + upperRadius)),
    lowerRadius,
    upperRadius,
  };
}
