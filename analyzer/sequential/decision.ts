/** From the two e-processes of a metric to its verdict and the sentence that says so. */
import type { MetricEvidence } from '../../contracts/verdict.ts';
import { eValue } from '../math/log-mean-exp.ts';
import { reached, shownLog } from './evidence-level.ts';
import type { Level } from './evidence-level.ts';
import { count, evidence } from './wording.ts';

export type Levels = { readonly regressed: Level; readonly safe: Level };

export type Words = {
  /** What both arms showed, where "regressed" decided or leads. */
  readonly regressed: string;
  /** What both arms showed, where "safe" decided or leads. */
  readonly safe: string;
  /** What "safe" says. */
  readonly claim: string;
};

export type Decision = Pick<
  MetricEvidence,
  'verdict' | 'eRegressed' | 'eSafe' | 'threshold' | 'missingCandidateRequests' | 'rule'
>;

/**
 * FAIL as soon as "regressed" ever reached the threshold, also after "safe" did: the candidate may turn bad later.
 * @param missing - estimates of the candidate requests missing to either end; null where it does not come nearer
 */
export function decide(
  levels: Levels,
  threshold: number,
  words: Words,
  missing: { readonly regressed: number | null; readonly safe: number | null },
): Decision {
  const eRegressed = eValue(shownLog(levels.regressed, threshold));
  const eSafe = eValue(shownLog(levels.safe, threshold));
  const limit = evidence(threshold);
  const shared = { eRegressed, eSafe, threshold };
  if (reached(levels.regressed, threshold)) {
    const rule = `${words.regressed}: e-value ${evidence(eRegressed)} reached ${limit}`;
    return { ...shared, verdict: 'FAIL', missingCandidateRequests: null, rule };
  }
  if (reached(levels.safe, threshold)) {
    const rule = `${words.safe}, ${words.claim}: e-value ${evidence(eSafe)} reached ${limit}`;
    return { ...shared, verdict: 'PASS', missingCandidateRequests: null, rule };
  }
  const leader = isRegressedAhead(levels) ? 'regressed' : 'safe';
  const left = missing[leader];
  const estimate =
    left === null ? '' : `; about ${count(Number(left.toPrecision(2)))} more candidate requests at the present rates`;
  const rule = `${words[leader]}: e-value for worse ${evidence(eRegressed)}, for safe ${evidence(eSafe)}, of ${limit}${estimate}`;
  return { ...shared, verdict: 'PENDING', missingCandidateRequests: left, rule };
}

function isRegressedAhead({ regressed, safe }: Levels): boolean {
  return regressed.now > Math.max(0, safe.now);
}
