/** Recorded series against a fixed range, each point a measurement of Argo's: the candidate alone is looked at. */
import { assessArgoMetric } from '../threshold/argo.ts';
import { flaggerCheck } from '../threshold/flagger.ts';
import type { ThresholdRange } from '../threshold/flagger.ts';
import { shown } from './figures.ts';
import type { PairedSeries, SeriesEvidence, SeriesJudgement } from './series.ts';

export type ThresholdOptions = {
  readonly range: ThresholdRange;
  /** Points out of the range that are still allowed. */
  readonly failureLimit: number;
  /** Missing points in a row that are still allowed. */
  readonly consecutiveErrorLimit: number;
};

/** One metric that fails, fails all; one that cannot be told leaves all inconclusive. */
export function judgeThresholdSeries(pairs: readonly PairedSeries[], options: ThresholdOptions): SeriesJudgement {
  const metrics = pairs.map((pair) => judgeOne(pair, options));
  const failed = metrics.filter((m) => m.verdict === 'FAIL');
  const open = metrics.filter((m) => m.verdict === 'INCONCLUSIVE');
  const verdict = failed.length > 0 ? 'FAIL' : open.length > 0 || metrics.length === 0 ? 'INCONCLUSIVE' : 'PASS';
  const said = failed.length > 0 ? failed : open.length > 0 ? open : metrics;
  return { verdict, reason: said.map((m) => `${m.name}: ${m.rule}`).join('; '), score: null, metrics };
}

function judgeOne(pair: PairedSeries, options: ThresholdOptions): SeriesEvidence {
  const { range, failureLimit, consecutiveErrorLimit } = options;
  let failed = 0;
  let inRow = 0;
  let taken = 0;
  let phase = 'Running';
  for (const value of pair.candidate) {
    taken++;
    inRow = Number.isNaN(value) ? inRow + 1 : 0;
    if (!Number.isNaN(value) && !flaggerCheck(value, range)) failed++;
    const counts = { successful: taken - failed, failed, inconclusive: 0, consecutiveError: inRow };
    const result = { ...counts, measurements: taken, count: taken, inFlight: false, consecutiveSuccess: 0 };
    phase = assessArgoMetric({ interval: '1m', failureLimit, consecutiveErrorLimit }, result, false);
    if (phase === 'Failed' || phase === 'Error') break;
  }
  const base = shown(pair);
  const out = `${failed} of ${taken} points out of ${rangeText(range)}, ${failureLimit} allowed`;
  if (phase === 'Failed') return { ...base, verdict: 'FAIL', interval: null, rule: out };
  if (phase === 'Error' || base.candidate.points === 0)
    return { ...base, verdict: 'INCONCLUSIVE', interval: null, rule: `no data: ${inRow} points in a row are missing` };
  return { ...base, verdict: 'PASS', interval: null, rule: out };
}

function rangeText({ min, max }: ThresholdRange): string {
  return `[${min ?? '-inf'}, ${max ?? 'inf'}]`;
}
