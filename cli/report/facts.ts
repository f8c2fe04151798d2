/** The parts of a report as words and rows, the same in every format. Pure. */
import { formatDuration } from '../../contracts/units.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { metricTitle } from '../text/experiment.ts';
import { count, effect, interval, metricValue, orDash, UNKNOWN } from '../text/figures.ts';
import type { Report } from './model.ts';

export type Fact = readonly [name: string, value: string];

export function factsOf(report: Report): readonly Fact[] {
  const { service, baseline, candidate, totals, endedBy } = report;
  const facts: (Fact | undefined)[] = [
    ['Kind', report.kind],
    ['Service', orDash(service)],
    baseline === null ? undefined : ['Baseline', baseline],
    candidate === null ? undefined : ['Candidate', candidate],
    ['Outcome', report.outcome],
    endedBy === null ? undefined : ['Decided by', endedBy],
    ['Started', clock(report.startedAt)],
    ['Ended', report.endedAt === null ? 'it runs' : clock(report.endedAt)],
    ['Lasted', formatDuration(report.lastedMs)],
    totals === null ? undefined : ['Baseline requests', count(totals.baselineRequests)],
    totals === null ? undefined : ['Candidate requests', count(totals.candidateRequests)],
    totals === null
      ? undefined
      : ['Candidate errors', `${count(totals.candidateErrors)}, of which ${count(totals.shielded)} shielded`],
    ['Run', report.run],
  ];
  return facts.filter((fact) => fact !== undefined);
}

export const EVIDENCE_COLUMNS = [
  'Metric',
  'Baseline',
  'Candidate',
  'Effect',
  'Interval',
  'Limit',
  'Requests',
  'Verdict',
];

export type EvidenceRow = {
  readonly cells: readonly string[];
  readonly verdict: Verdict;
  readonly name: string;
  readonly rule: string;
};

/** A row a metric, then a row a check. */
export function evidenceRows({ judgement }: Report): readonly EvidenceRow[] {
  const metrics = (judgement?.metrics ?? []).map((m): EvidenceRow => {
    const requests = `${count(m.baseline.requests)} / ${count(m.candidate.requests)}`;
    const values = [metricValue(m.unit, m.baseline.value), metricValue(m.unit, m.candidate.value)];
    const figures = [...values, effect(m.unit, m.effect), interval(m.unit, m.interval), effect(m.unit, m.limit)];
    return { cells: [metricTitle(m), ...figures, requests, m.verdict], verdict: m.verdict, name: m.name, rule: m.rule };
  });
  const checks = (judgement?.checks ?? []).map((c): EvidenceRow => {
    const range = `${c.range.min ?? '-inf'} .. ${c.range.max ?? 'inf'}`;
    const value = c.value === null ? UNKNOWN : String(c.value);
    const cells = [c.name, UNKNOWN, value, UNKNOWN, UNKNOWN, range, `${c.measurements} answers`, c.verdict];
    return { cells, verdict: c.verdict, name: c.name, rule: c.rule };
  });
  return [...metrics, ...checks];
}

/** One sentence on whether the report can be believed. */
export function chainSentence({ chain }: Report): string {
  if (!chain.intact) return `the chain of the journal is broken: ${chain.breaks[0]?.message ?? 'there is no entry'}`;
  const late = chain.chainedFrom === 0 ? '' : `, of which those before ${chain.chainedFrom} were chained by an upgrade`;
  return `the chain of the journal is intact: ${chain.entries} entries${late}`;
}

/** An ISO time to the second. */
function clock(at: string): string {
  return at.replace(/^(\S+)T(\d\d:\d\d:\d\d)\.\d+Z$/, '$1 $2 UTC');
}

/** `+12.3s` after the start. */
export function after(afterMs: number): string {
  return `+${formatDuration(Math.max(0, afterMs))}`;
}
