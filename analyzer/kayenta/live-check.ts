/**
 * Kayenta's judge on a running release: points of both arms are gathered, and judged once, when enough are there; then it
 * begins anew. So no point is judged twice, and looking on costs no false alarms beyond those of each judgement.
 */
import type { Check } from '../../contracts/check.ts';
import { KayentaOptions } from '../../contracts/check.ts';
import type { CheckEvidence } from '../../contracts/verdict.ts';
import { seeded } from '../simulation/random.ts';
import { NOT_MEASURED, verdictOf } from '../threshold/check-counts.ts';
import type { CheckCounts } from '../threshold/check-counts.ts';
import { defaultParams } from './classify.ts';
import type { Direction, MetricResult } from './classify.ts';
import { judgeMetric } from './judge.ts';

const DEFAULTS = KayentaOptions.parse({});

/** Takes a point of both arms in; null: that arm had no data. */
export function countPoint(
  counts: CheckCounts,
  check: Check,
  point: { readonly baseline: number | null; readonly candidate: number | null },
  why: string,
): CheckCounts {
  const points = {
    baseline: [...counts.points.baseline, point.baseline],
    candidate: [...counts.points.candidate, point.candidate],
  };
  const next = {
    ...counts,
    value: point.candidate,
    baseline: point.baseline,
    why: point.candidate === null ? why : '',
  };
  if (points.candidate.length < (check.kayenta ?? DEFAULTS).points) return { ...next, points };
  const result = judgePoints(check, points, counts.measurements);
  const judged = `${result.classification}: ${result.reason}`;
  const gathered = { ...next, points: NOT_MEASURED.points, judged };
  switch (result.classification) {
    case 'Pass':
      return { ...gathered, measurements: counts.measurements + 1 };
    case 'High':
    case 'Low':
      return { ...gathered, measurements: counts.measurements + 1, failed: counts.failed + 1 };
    default: // no data, or all points tied: Kayenta could not tell either
      return gathered;
  }
}

/** @param judgements - seeds the noise that Kayenta adds where both arms are constant */
function judgePoints(check: Check, points: CheckCounts['points'], judgements: number): MetricResult {
  const { effectSize, nan, direction, allowedIncrease, allowedDecrease, outlierFactor } = check.kayenta ?? DEFAULTS;
  const numbers = (series: readonly (number | null)[]): number[] => series.map((value) => value ?? NaN);
  const usual = defaultParams(effectSize);
  return judgeMetric(
    {
      name: check.name,
      groups: [],
      control: numbers(points.baseline),
      experiment: numbers(points.candidate),
      params: {
        effectSize,
        nanStrategy: nan,
        direction: direction ?? worseOf(check),
        allowedIncrease: allowedIncrease ?? usual.allowedIncrease,
        allowedDecrease: allowedDecrease ?? usual.allowedDecrease,
      },
      ...(outlierFactor === undefined ? {} : { outlierFactor }),
    },
    seeded(judgements + 1),
  );
}

function worseOf({ metric }: Check): Direction {
  if (metric === undefined) return 'either';
  return metric.name === 'latency' ? 'increase' : 'decrease';
}

/** Of `count` judgements at most `failureLimit` may say that the candidate is worse. */
export function judgeKayentaCheck(check: Check, counts: CheckCounts): CheckEvidence {
  const { measurements, failed, value, baseline, points, why, judged } = counts;
  const wanted = (check.kayenta ?? DEFAULTS).points;
  const figures = `${failed} of ${measurements} judgements against it, ${check.failureLimit} allowed`;
  const said = judged === '' ? 'none yet' : `the last: ${judged}`;
  const now = `${points.candidate.length} of ${wanted} points for the next`;
  const rule = `${figures}; ${said}; ${now}${value === null ? `; no data (${why})` : ''}`;
  const verdict = verdictOf(check, counts);
  return { name: check.name, verdict, value, baseline, range: {}, measurements, failed, rule };
}
