/** A judgement of series as people read it. */
import type { SeriesEvidence, SeriesJudgement } from '../../analyzer/series/series.ts';
import type { Colors } from '../terminal.ts';
import { paintVerdict } from '../text/experiment.ts';
import { effect, interval, UNKNOWN } from '../text/figures.ts';
import { table } from '../text/table.ts';

export function seriesText(judgement: SeriesJudgement, colors: Colors): string {
  const rows = judgement.metrics.map((m) => [
    m.name,
    mean(m.baseline.mean),
    mean(m.candidate.mean),
    effect('ms', m.effect),
    interval('ms', m.interval),
    `${points(m.baseline)} / ${points(m.candidate)}`,
    paintVerdict(m.verdict, colors),
  ]);
  const columns = [
    { title: 'METRIC' },
    { title: 'BASELINE', align: 'right' },
    { title: 'CANDIDATE', align: 'right' },
    { title: 'EFFECT', align: 'right' },
    { title: 'INTERVAL' },
    { title: 'POINTS', align: 'right' },
    { title: 'VERDICT' },
  ] as const;
  return `${paintVerdict(judgement.verdict, colors)}  ${judgement.reason}\n\n${table(columns, rows)}`;
}

export function warningsText(judgement: SeriesJudgement): string {
  return judgement.metrics.flatMap((m) => m.warnings.map((w) => `warning: ${m.name}: ${w}\n`)).join('');
}

function mean(value: number | null): string {
  return value === null ? UNKNOWN : String(Number(value.toPrecision(4)));
}

function points(arm: SeriesEvidence['baseline']): string {
  return String(arm.points);
}
