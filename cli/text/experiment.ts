/** An experiment in words and tables: for `run`, `status`, `get` and `demo`. */
import type { ExperimentView, FaultView } from '../../contracts/experiment.ts';
import { TERMINAL_PHASES } from '../../contracts/experiment.ts';
import { shareWord } from '../../contracts/share-word.ts';
import type { CheckEvidence, MetricEvidence, Verdict } from '../../contracts/verdict.ts';
import type { Colors } from '../terminal.ts';
import { armsTable } from './arms.ts';
import { copiesLine, differencesTable } from './differences.ts';
import { checkCells, count, effect, interval, metricValue, UNKNOWN, weight } from './figures.ts';
import { table } from './table.ts';

export function paintVerdict(verdict: Verdict, colors: Colors): string {
  switch (verdict) {
    case 'PASS':
      return colors.green(verdict);
    case 'FAIL':
      return colors.red(verdict);
    case 'INCONCLUSIVE':
      return colors.yellow(verdict);
    case 'PENDING':
      return colors.dim(verdict);
  }
}

export function hasEnded(view: Pick<ExperimentView, 'phase'>): boolean {
  return TERMINAL_PHASES.includes(view.phase);
}

/** Milliseconds from the start to the end, or to the last change. */
export function lastedMs(view: Pick<ExperimentView, 'startedAt' | 'updatedAt' | 'endedAt'>): number {
  return Math.max(0, Date.parse(view.endedAt ?? view.updatedAt) - Date.parse(view.startedAt));
}

/** One line that changes only when something worth telling has changed. */
export function progressLine(view: ExperimentView): string {
  if (view.judgement.copies) return `${view.name}: ${view.phase}, copies to ${view.candidate}, ${view.verdict}`;
  const step = view.phase === 'stepping' ? ` step ${view.stepIndex + 1} of ${view.steps.length},` : '';
  const what = view.faults ? faultsLine(view.faults) : `${weight(view.intendedPpm)} to ${view.candidate}`;
  return `${view.name}: ${view.phase},${step} ${what}, ${view.verdict}${waiting(view)}`;
}

/** Chaos compares no versions. */
function targetOf({ service, baseline, candidate, faults }: ExperimentView): string {
  return faults ? `${service}: ${baseline}` : `${service}: ${baseline} -> ${candidate}`;
}

function faultsLine(faults: readonly FaultView[]): string {
  const now = faults.filter(({ state }) => state === 'running').map(({ name }) => name);
  return now.length === 0 ? 'no fault in force' : `in force: ${now.join(', ')}`;
}

/** What it has cost, or what it has shown. */
function seenLine({ totals, faults, score, judgement: { copies } }: ExperimentView): string {
  if (copies) return copiesLine(copies);
  if (faults) {
    const met = faults.map(({ name, hits }) => `${name} met ${count(hits)}`).join(', ');
    return typeof score === 'number' ? `${met}; resilience score ${score} of 100` : met;
  }
  return `${count(totals.candidateRequests)} candidate requests, ${count(totals.candidateErrors)} of them failed, ${count(totals.shielded)} shielded`;
}

/** What keeps it where it is, and the command that lets it go on. */
function waiting({ name, waitsFor, pausedBy, reason }: ExperimentView): string {
  if (pausedBy) return `; paused by ${pausedBy}, goes on with: meshproof resume ${name}`;
  if (!waitsFor) return '';
  return waitsFor === 'approval' ? `; ${reason}: meshproof approve ${name}` : `; ${reason}`;
}

/** The end of the story in one sentence. */
export function outcomeLine(view: ExperimentView, colors: Colors): string {
  return `${view.name}: ${paintVerdict(view.verdict, colors)}, ${view.phase}${view.haltedBy === null ? '' : ` (ended by ${view.haltedBy})`}. ${view.reason}\n  ${seenLine(view)}\n`;
}

/** Figures that are shares of something bad; the title says of what. */
export function metricTitle({ name, unit }: Pick<MetricEvidence, 'name' | 'unit'>): string {
  return unit === 'share' ? `${name} (${shareWord({ name })})` : name;
}

/** The evidence, a line a metric; empty when there is none yet. */
export function evidenceTable(view: Pick<ExperimentView, 'judgement'>, colors: Colors): string {
  if (view.judgement.arms) return armsTable(view.judgement.arms, colors);
  if (view.judgement.metrics.length === 0 && (view.judgement.checks ?? []).length === 0) return '';
  const rows = view.judgement.metrics.map((m) => [
    metricTitle(m),
    metricValue(m.unit, m.baseline.value),
    metricValue(m.unit, m.candidate.value),
    effect(m.unit, m.effect),
    interval(m.unit, m.interval),
    effect(m.unit, m.limit),
    `${count(m.baseline.requests)} / ${count(m.candidate.requests)}`,
    paintVerdict(m.verdict, colors),
  ]);
  rows.push(...(view.judgement.checks ?? []).map((check) => checkRow(check, colors)));
  const fields = view.judgement.differences ?? [];
  return metricsTable(rows) + (fields.length === 0 ? '' : `\n${differencesTable(fields, colors)}`);
}

function metricsTable(rows: readonly (readonly string[])[]): string {
  return table(
    [
      { title: 'METRIC' },
      { title: 'BASELINE', align: 'right' },
      { title: 'CANDIDATE', align: 'right' },
      { title: 'EFFECT', align: 'right' },
      { title: 'INTERVAL' },
      { title: 'LIMIT', align: 'right' },
      { title: 'REQUESTS', align: 'right' },
      { title: 'VERDICT' },
    ],
    rows,
  );
}

/** A check has no effect with an interval, and a range in place of a limit. */
function checkRow(check: CheckEvidence, colors: Colors): string[] {
  const { baseline, candidate, limit, answers } = checkCells(check);
  return [check.name, baseline, candidate, UNKNOWN, UNKNOWN, limit, answers, paintVerdict(check.verdict, colors)];
}

export function experimentsTable(views: readonly ExperimentView[], colors: Colors): string {
  const rows = views.map((v) => [
    v.name,
    v.kind,
    targetOf(v),
    v.phase,
    weight(v.intendedPpm),
    weight(v.measuredPpm),
    count(v.totals.candidateRequests),
    paintVerdict(v.verdict, colors),
  ]);
  return table(
    [
      { title: 'NAME' },
      { title: 'KIND' },
      { title: 'TARGET' },
      { title: 'PHASE' },
      { title: 'WEIGHT', align: 'right' },
      { title: 'MEASURED', align: 'right' },
      { title: 'REQUESTS', align: 'right' },
      { title: 'VERDICT' },
    ],
    rows,
  );
}

/** Several lines that show everything at a glance; redrawn in place while an experiment runs. */
export function experimentPanel(view: ExperimentView, colors: Colors, width: number): string {
  const { bold, dim } = colors;
  const lines = [
    `${bold(view.name)}  ${targetOf(view)}   ${view.phase}   ${paintVerdict(view.verdict, colors)}`,
    ...(view.judgement.copies || view.faults ? specialLines(view) : trafficLines(view, colors, width)),
    evidenceTable(view, colors).trimEnd(),
    dim(cut(view.reason, width)),
  ];
  return lines
    .filter((line) => line !== '')
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** Of kinds that give the candidate no user. */
function specialLines(view: ExperimentView): readonly string[] {
  return [...(view.faults ? [faultsLine(view.faults)] : []), seenLine(view)];
}

function trafficLines(view: ExperimentView, { bold, dim }: Colors, width: number): readonly string[] {
  const steps = view.steps
    .map((s) => (s.state === 'running' ? bold(`[${weight(s.weightPpm)}]`) : dim(weight(s.weightPpm))))
    .join(dim(' > '));
  const bar = weightBar(view.intendedPpm, Math.min(30, Math.max(10, width - 60)));
  const missing = view.judgement.metrics.map((m) => m.missingCandidateRequests ?? 0);
  const need = Math.max(0, ...missing);
  return [
    `weight ${bar} ${weight(view.intendedPpm)} asked, ${weight(view.measuredPpm)} measured   steps ${steps}`,
    `requests ${count(view.totals.baselineRequests)} baseline, ${count(view.totals.candidateRequests)} candidate   ` +
      `failed ${count(view.totals.candidateErrors)}, shielded ${count(view.totals.shielded)}   ` +
      (need > 0 ? `about ${count(need)} more needed` : ''),
  ];
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function weightBar(ppm: number, cells: number): string {
  const full = Math.round((Math.max(0, Math.min(ppm, 1_000_000)) / 1_000_000) * cells);
  return `${'█'.repeat(full)}${'░'.repeat(cells - full)}`;
}
