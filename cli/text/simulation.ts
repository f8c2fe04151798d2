/** Simulated runs as people read them. */
import type { Outcome, Spread } from '../../experiments/simulation/simulate.ts';
import { formatDuration } from '../../contracts/units.ts';
import type { Colors } from '../terminal.ts';
import { paintVerdict } from './experiment.ts';
import { count, percent, UNKNOWN } from './figures.ts';
import { table } from './table.ts';

const VERDICTS = ['PASS', 'FAIL', 'INCONCLUSIVE'] as const;

/** @param healthy - the same with a candidate that is the baseline */
export function simulationText(asked: Outcome, healthy: Outcome, colors: Colors): string {
  const rows = [
    ...VERDICTS.map((v) => [
      paintVerdict(v, colors),
      ...[asked, healthy].map((o) => percent(o.verdicts[v] / o.runs, 1)),
    ]),
    ['candidate requests', ...[asked, healthy].map((o) => spread(o.candidateRequests, count))],
    ['  that failed', ...[asked, healthy].map((o) => spread(o.candidateErrors, count))],
    [
      'time to verdict',
      ...[asked, healthy].map((o) => (o.verdictAfterMs ? spread(o.verdictAfterMs, formatDuration) : UNKNOWN)),
    ],
  ];
  const head = table(
    [{ title: `${count(asked.runs)} RUNS` }, { title: 'AS GIVEN' }, { title: 'A HEALTHY CANDIDATE' }],
    rows,
  );
  const reasons = VERDICTS.flatMap((v) => {
    const reason = asked.examples[v];
    return reason === undefined ? [] : [`${paintVerdict(v, colors)}  for example ${reason}\n`];
  });
  return `${head}\n${reasons.join('')}false rollbacks: ${percent(healthy.verdicts.FAIL / healthy.runs, 2)} of healthy candidates\n`;
}

function spread({ median, p90 }: Spread, show: (n: number) => string): string {
  return `${show(median)} (p90 ${show(p90)})`;
}
