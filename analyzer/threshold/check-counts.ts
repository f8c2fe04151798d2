/** What a check has counted so far, and what follows from it: the same for every judge of checks. */
import { z } from 'zod';
import type { Check } from '../../contracts/check.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { assessArgoMetric } from './argo.ts';

const Series = z.array(z.number().nullable());

/** Plain data. */
export const CheckCounts = z.object({
  measurements: z.int().min(0),
  failed: z.int().min(0),
  /** The last answer, and why there was none. */
  value: z.number().nullable(),
  why: z.string(),
  /** Of the judge kayenta: the baseline's last answer, the points that wait to be judged, and the last judgement. */
  baseline: z.number().nullable().default(null),
  points: z.object({ baseline: Series, candidate: Series }).default({ baseline: [], candidate: [] }),
  judged: z.string().default(''),
});
export type CheckCounts = z.output<typeof CheckCounts>;

export const NOT_MEASURED: CheckCounts = {
  measurements: 0,
  failed: 0,
  value: null,
  why: 'not asked yet',
  baseline: null,
  points: { baseline: [], candidate: [] },
  judged: '',
};

/**
 * FAIL when more than `failureLimit` measurements failed; PASS from `count` on, as long as the last question had an answer.
 * Unlike Argo's, errors in a row do not end it: no data is not a failure of the candidate.
 */
export function verdictOf({ count, failureLimit }: Check, { measurements, failed, value }: CheckCounts): Verdict {
  const result = {
    measurements,
    inFlight: false,
    count: measurements,
    successful: measurements - failed,
    failed,
    inconclusive: 0,
    consecutiveError: 0,
    consecutiveSuccess: 0,
  };
  const phase = assessArgoMetric({ count, interval: '1s', failureLimit }, result, false);
  return phase === 'Failed' ? 'FAIL' : phase === 'Successful' && value !== null ? 'PASS' : 'PENDING';
}
