/** A figure against a fixed range: counted as Argo Rollouts counts measurements, with one difference (check-counts.ts). */
import type { Check } from '../../contracts/check.ts';
import type { CheckEvidence } from '../../contracts/verdict.ts';
import { verdictOf } from './check-counts.ts';
import type { CheckCounts } from './check-counts.ts';
import { flaggerCheck } from './flagger.ts';

/** @param value - null: no data; it counts neither way */
export function countMeasurement(counts: CheckCounts, check: Check, value: number | null, why: string): CheckCounts {
  if (value === null) return { ...counts, value, why };
  const failed = counts.failed + (flaggerCheck(value, rangeOf(check)) ? 0 : 1);
  return { ...counts, measurements: counts.measurements + 1, failed, value, why: '' };
}

export function judgeCheck(check: Check, counts: CheckCounts): CheckEvidence {
  const { measurements, failed, value, why } = counts;
  const range = rangeOf(check);
  const figures = `${failed} of ${measurements} answers out of [${range.min ?? '-inf'}, ${range.max ?? 'inf'}], ${check.failureLimit} allowed`;
  const last = value === null ? `no data (${why})` : `the last is ${Number(value.toPrecision(6))}`;
  const verdict = verdictOf(check, counts);
  return { name: check.name, verdict, value, range, measurements, failed, rule: `${figures}; ${last}` };
}

function rangeOf({ range }: Check): { readonly min?: number; readonly max?: number } {
  const { min, max } = range ?? {};
  return { ...(min === undefined ? {} : { min }), ...(max === undefined ? {} : { max }) };
}
