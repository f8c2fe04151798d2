/** The parts of a report as words and rows, the same in every format. Pure. */
import { formatDuration } from '../../contracts/units.ts';
import { count, orDash } from '../text/figures.ts';
import type { Report } from './model.ts';

export type Fact = readonly [name: string, value: string];

export function factsOf(report: Report): readonly Fact[] {
  const { service, baseline, candidate, endedBy } = report;
  // A kind that compares no versions has no figures by arm.
  const totals = candidate === null && report.arms.length === 0 ? null : report.totals;
  const facts: (Fact | undefined)[] = [
    ['Kind', report.kind],
    ['Service', orDash(service)],
    baseline === null ? undefined : ['Baseline', baseline],
    candidate === null ? undefined : ['Candidate', candidate],
    report.arms.length === 0 ? undefined : ['Arms', report.arms.join(', ')],
    ['Outcome', report.outcome],
    report.score === null ? undefined : ['Resilience score', `${report.score} of 100`],
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
