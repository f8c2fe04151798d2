/** A figure from outside against a range: counted as Argo Rollouts counts measurements, with one difference below. */
import { z } from 'zod';
import type { Check } from '../../contracts/check.ts';
import type { CheckEvidence } from '../../contracts/verdict.ts';
import { assessArgoMetric } from './argo.ts';
import { flaggerCheck } from './flagger.ts';

/** Plain data. */
export const CheckCounts = z.object({
  measurements: z.int().min(0),
  failed: z.int().min(0),
  /** The last answer, and why there was none. */
  value: z.number().nullable(),
  why: z.string(),
});
export type CheckCounts = z.output<typeof CheckCounts>;

export const NOT_MEASURED: CheckCounts = { measurements: 0, failed: 0, value: null, why: 'not asked yet' };

/** @param value - null: no data; it counts neither way */
export function countMeasurement(
  counts: CheckCounts,
  { range }: Check,
  value: number | null,
  why: string,
): CheckCounts {
  if (value === null) return { ...counts, value, why };
  const failed = counts.failed + (flaggerCheck(value, rangeOf(range)) ? 0 : 1);
  return { measurements: counts.measurements + 1, failed, value, why: '' };
}

/**
 * FAIL when more than `failureLimit` answers were out of the range; PASS from `count` answers on, as long as the last
 * question had an answer. Unlike Argo's, errors in a row do not end it: no data is not a failure of the candidate.
 */
export function judgeCheck(check: Check, counts: CheckCounts): CheckEvidence {
  const { measurements, failed, value, why } = counts;
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
  const { name, failureLimit, count } = check;
  const phase = assessArgoMetric({ count, interval: '1s', failureLimit }, result, false);
  const verdict = phase === 'Failed' ? 'FAIL' : phase === 'Successful' && value !== null ? 'PASS' : 'PENDING';
  const range = rangeOf(check.range);
  const figures = `${failed} of ${measurements} answers out of [${range.min ?? '-inf'}, ${range.max ?? 'inf'}], ${failureLimit} allowed`;
  const last = value === null ? `no data (${why})` : `the last is ${value}`;
  return { name, verdict, value, range, measurements, failed, rule: `${figures}; ${last}` };
}

function rangeOf({ min, max }: Check['range']): { readonly min?: number; readonly max?: number } {
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}
