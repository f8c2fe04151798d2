/**
 * Dirichlet-multinomial e-values: do counts in k cells follow given shares? (Lindon & Malek 2022.)
 * Used on traffic itself it is the test for a sample ratio mismatch: are requests split as the weights say?
 */
import { gammaln } from 'simple-statistics';
import { bisect } from '../../math/root.ts';

/**
 * ln of the Bayes factor of "shares ~ Dirichlet(prior)" against "shares = null". An e-process in the observations.
 * @param counts - per cell
 */
export function logBayesFactor(
  counts: readonly number[],
  nullShares: readonly number[],
  prior: readonly number[],
): number {
  return logMarginal(counts, prior) - counts.reduce((sum, c, i) => sum + times(c, Math.log(nullShares[i] ?? 0)), 0);
}

/** ln of the probability of a sequence with these counts, shares averaged over the prior. */
export function logMarginal(counts: readonly number[], prior: readonly number[]): number {
  const all = total(prior);
  const terms = prior.reduce((sum, a, i) => sum + gammaln(a + (counts[i] ?? 0)) - gammaln(a), 0);
  return terms + gammaln(all) - gammaln(all + total(counts));
}

/** ln of the number of sequences with these counts. */
export function logMultinomialCoefficient(counts: readonly number[]): number {
  return gammaln(total(counts) + 1) - counts.reduce((sum, c) => sum + gammaln(c + 1), 0);
}

/**
 * Confidence set for the shares, cell by cell: those with a Bayes factor below 1/alpha. Given one share x, the others
 * are best off in proportion to their counts, so each end is the root of a function of x alone.
 * @returns [low, high] per cell; intersect over time
 */
export function shareBounds(counts: readonly number[], prior: readonly number[], alpha: number): [number, number][] {
  const n = total(counts);
  const needed = logMarginal(counts, prior) - Math.log(1 / alpha);
  return counts.map((count) => {
    const rest = n - count;
    const others =
      counts.reduce((sum, c) => sum + times(c, Math.log(c / rest)), 0) - times(count, Math.log(count / rest));
    const slack = (x: number): number => times(count, Math.log(x)) + times(rest, Math.log1p(-x)) + others - needed;
    const middle = n === 0 ? 0.5 : count / n;
    const low = count === 0 || slack(1e-300) > 0 ? 0 : bisect(slack, 1e-300, middle);
    const high = rest === 0 || slack(1 - 1e-16) > 0 ? 1 : bisect(slack, middle, 1 - 1e-16);
    return [low, high];
  });
}

/** 0 times anything is 0, also where the logarithm of an empty cell is infinite. */
function times(count: number, log: number): number {
  return count === 0 ? 0 : count * log;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
