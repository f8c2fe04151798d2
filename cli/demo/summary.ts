/** The end of the demo: what happened, as a table, and whether it came out as it must. Pure. */
import type { ExperimentView } from '../../contracts/experiment.ts';
import type { Colors } from '../terminal.ts';
import { lastedMs, paintVerdict } from '../text/experiment.ts';
import { count, effect, metricValue, seconds, UNKNOWN, weight } from '../text/figures.ts';
import { table } from '../text/table.ts';
import type { Noticed } from './observed.ts';

export type CanaryResult = {
  readonly view: ExperimentView;
  readonly noticed: Noticed | undefined;
  /** Counted by the traffic generator while the canary ran. */
  readonly users: { readonly sent: number; readonly errors: number };
};

export type Expectation = 'rolled back' | 'promoted';

/** @returns what is wrong with a result, as sentences; empty when it came out as expected, and by the analyser */
export function shortfalls(result: CanaryResult, expected: Expectation): string[] {
  const { view, users } = result;
  const found: string[] = [];
  const verdict = expected === 'promoted' ? 'PASS' : 'FAIL';
  const phase = expected === 'promoted' ? 'promoted' : 'rolled-back';
  if (view.verdict !== verdict) found.push(`${view.name} has verdict ${view.verdict} instead of ${verdict}`);
  if (view.phase !== phase) found.push(`${view.name} is ${view.phase} instead of ${phase}`);
  if (view.haltedBy !== null) found.push(`${view.name} was ended by ${view.haltedBy}, not by the analyser`);
  const decided = view.judgement.metrics.map((m) => m.verdict);
  const byAnalyser =
    expected === 'promoted'
      ? decided.length > 0 && decided.every((v) => v === 'PASS')
      : decided.some((v) => v === 'FAIL');
  if (!byAnalyser) found.push(`${view.name}: no metric shows why`);
  if (users.errors > 0) found.push(`users saw ${users.errors} errors while ${view.name} ran`);
  return found;
}

/** One column a canary, one row a fact. */
export function summaryTable(results: readonly CanaryResult[], colors: Colors): string {
  const row = (title: string, fact: (r: CanaryResult) => string): string[] => [title, ...results.map(fact)];
  return table(
    [{ title: 'CANARY' }, ...results.map((r) => ({ title: r.view.name }))],
    [
      row('verdict', ({ view }) => `${paintVerdict(view.verdict, colors)}, ${view.phase}`),
      row('what decided', ({ view }) => decisive(view)),
      row('decided after', ({ noticed }) =>
        noticed ? `${count(noticed.candidateRequests)} candidate requests, ${seconds(noticed.afterMs)}` : UNKNOWN,
      ),
      row('weight then', ({ noticed }) => (noticed ? weight(noticed.weightPpm) : UNKNOWN)),
      row('took in all', ({ view }) => seconds(lastedMs(view))),
      row('failed on the candidate', ({ view }) => count(view.totals.candidateErrors)),
      row('of those shielded', ({ view }) => count(view.totals.shielded)),
      row('requests by users', ({ users }) => count(users.sent)),
      row('errors seen by users', ({ users }) => {
        const text = count(users.errors);
        return users.errors === 0 ? colors.green(text) : colors.red(text);
      }),
    ],
  );
}

/** The metric that decided, with both figures; for a PASS all of them had to be safe. */
function decisive(view: ExperimentView): string {
  const failed = view.judgement.metrics.find((m) => m.verdict === 'FAIL');
  const shown = failed ? [failed] : view.judgement.metrics;
  return shown
    .map((m) => {
      const what = m.unit === 'share' ? 'errors' : m.name;
      const figures = `${metricValue(m.unit, m.baseline.value)} -> ${metricValue(m.unit, m.candidate.value)}`;
      return failed ? `${what} ${figures}` : `${what} ${effect(m.unit, m.effect)}`;
    })
    .join(', ');
}
