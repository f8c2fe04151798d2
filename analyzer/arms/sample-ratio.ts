/**
 * Are keys divided among the arms as the weights say? If not, the arms differ in more than their version (a redirect that
 * loses users, a cache, bots on one side), and no figure of the test can be believed.
 */
import { SLOTS } from '../../contracts/arm-split.ts';
import { logBayesFactor } from '../sequential/methods/dirichlet-multinomial.ts';
import { eValue } from '../math/log-mean-exp.ts';

/** A false alarm ends a test of weeks, so that it may come once in a thousand tests. */
export const SAMPLE_RATIO_EVIDENCE = 1_000;
/** How near to the weights the alternatives are: their spread is about 1.5 percentage points at 50:50. */
const CONCENTRATION = 1_000;
/** Part of the slots above which the estimate of the keys is too coarse to show. */
const MOST_TAKEN = 0.99;

/**
 * An e-value against "each key meets each arm with the probability of its weight", valid at every look (Lindon & Malek
 * 2022). It is reached at some look with probability at most 1/SAMPLE_RATIO_EVIDENCE where that holds.
 * @param keys - counted once each, by arm
 */
export function sampleRatioEvidence(keys: readonly number[], weights: readonly number[]): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => weight / all);
  const prior = shares.map((share) => share * CONCENTRATION);
  return eValue(logBayesFactor(keys, shares, prior));
}

/**
 * Linear counting (Whang, Vander-Zanden & Taylor 1990): of n keys that fall on m slots, m (1 - exp(-n/m)) have company.
 * @param taken - slots that have had their first key
 * @returns about how many keys there were, or null when nearly every slot is taken
 */
export function keysOf(taken: number): number | null {
  if (taken > SLOTS * MOST_TAKEN) return null;
  return -SLOTS * Math.log1p(-taken / SLOTS);
}
