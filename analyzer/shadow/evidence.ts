/**
 * The evidence of paired outcomes. Each request gives X = 1 when only the candidate's answer differs from the user's, -1
 * when only the baseline's second answer does, else 0. A candidate that behaves as the baseline makes both as likely.
 * Bets on X are e-values at every look (betting: Waudby-Smith & Ramdas 2023; at even odds it is the exact McNemar test
 * with a mixing prior). Pure; the counts are all there is to keep.
 */
import { logMeanExp } from '../math/log-mean-exp.ts';
import { crossing } from '../math/root.ts';

export type PairedCounts = {
  /** All requests that were compared. */
  readonly pairs: number;
  /** X = 1. */
  readonly candidateOnly: number;
  /** X = -1. */
  readonly againOnly: number;
};

/** The part of the wealth that is staked. Half of it all goes on "it never differs by itself", the usual case. */
const STAKES: readonly number[] = [0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 0.9];
const BOLD_STAKE = 0.99;

/** ln of the e-value against "the candidate's answer differs no more often than the baseline's own". */
export function differsLogE({ candidateOnly, againOnly }: Omit<PairedCounts, 'pairs'>): number {
  return mixed((stake) => candidateOnly * Math.log1p(stake) + againOnly * Math.log1p(-stake));
}

/** ln of the e-value against "it differs more often, by at least the margin". @param margin - of all requests, 0 … 1 */
export function safeLogE(counts: PairedCounts, margin: number): number {
  return leansDown(counts, margin);
}

/**
 * The confidence sequence of the excess: between these it lies at all looks together, with probability 1 - alpha.
 * @returns shares of all requests, -1 … 1
 */
export function excessInterval(counts: PairedCounts, alpha: number): [number, number] {
  const { pairs, candidateOnly, againOnly } = counts;
  const enough = Math.log(2 / alpha);
  const above = upper(counts, enough);
  const mirrored = { pairs, candidateOnly: againOnly, againOnly: candidateOnly };
  return [-upper(mirrored, enough), above];
}

/** The smallest excess that the counts speak against: the wealth of a bet against it rises with the excess. */
function upper(counts: PairedCounts, enough: number): number {
  const { pairs, candidateOnly, againOnly } = counts;
  if (pairs === 0 || leansDown(counts, 1) < enough) return 1;
  return crossing((excess) => leansDown(counts, excess) - enough, (candidateOnly - againOnly) / pairs, 1);
}

/** Bets that the mean of X is below `mean`: 1 - stake (X - mean), never below 0 for stakes up to 1 / (1 - mean). */
function leansDown({ pairs, candidateOnly, againOnly }: PairedCounts, mean: number): number {
  const neither = pairs - candidateOnly - againOnly;
  return mixed(
    (stake) =>
      candidateOnly * Math.log1p(-stake * (1 - mean)) +
      neither * Math.log1p(stake * mean) +
      againOnly * Math.log1p(stake * (1 + mean)),
  );
}

function mixed(logWealth: (stake: number) => number): number {
  return logMeanExp([logMeanExp(STAKES.map(logWealth)), logWealth(BOLD_STAKE)]);
}

/**
 * False discovery control that holds at every look, however the e-values depend on each other (e-BH: Wang & Ramdas 2022):
 * the k largest are discoveries for the largest k whose k-th reaches m / (alpha k).
 * @param logs - ln of the e-value of each hypothesis @returns ln of the e-value from which on they are discoveries; Infinity: none
 */
export function discoveryThreshold(logs: readonly number[], alpha: number): number {
  const sorted = [...logs].sort((a, b) => b - a);
  for (let k = sorted.length; k > 0; k--) {
    const needed = Math.log(logs.length / (alpha * k));
    if ((sorted[k - 1] ?? -Infinity) >= needed) return needed;
  }
  return Infinity;
}
