/** A plan as people read it. */
import type { Plan } from '../../experiments/plan/plan.ts';
import { formatDuration } from '../../contracts/units.ts';
import type { Colors } from '../terminal.ts';
import { count, percent, UNKNOWN, weight } from './figures.ts';
import { table } from './table.ts';

export function planText(plan: Plan, refusals: readonly string[], colors: Colors): string {
  const { bold, dim, yellow, red } = colors;
  const { least, most } = plan.durationMs;
  const rate = plan.traffic.perMinute === null ? 'unknown' : `${count(plan.traffic.perMinute)} requests a minute`;
  return [
    `${bold(plan.name)}  ${plan.service}: ${plan.baseline} -> ${plan.candidate}\n`,
    `scope     ${plan.match ? JSON.stringify(plan.match) : 'all requests'}${plan.sticky ? ', sticky' : ''}\n`,
    `traffic   ${rate}, baseline errors ${percent(plan.traffic.baselineErrors, 3)}\n`,
    `duration  ${formatDuration(least)} when all goes well, ${formatDuration(most)} at the most\n`,
    `exposure  at most ${weight(plan.maxSharePpm)} of the requests${besideIt(plan)}\n\n`,
    stepsTable(plan),
    `\n${dim(`what the analysis finds: medians; PASS promotes at the end of ${plan.early ? 'a step' : 'the last step'}, at the earliest`)}\n`,
    powerTable(plan),
    ...(plan.warnings.length > 0 ? ['\n'] : []),
    ...plan.warnings.map((w) => `${yellow('warning:')} ${w}\n`),
    ...refusals.map((r) => `${red('refused:')} ${r}\n`),
  ].join('');
}

function besideIt({ freshBaseline }: Plan): string {
  return freshBaseline === null ? '' : `, and as much to ${freshBaseline}, with which the candidate is compared`;
}

function stepsTable({ steps }: Plan): string {
  return table(
    [
      { title: 'STEP', align: 'right' },
      { title: 'WEIGHT', align: 'right' },
      { title: 'AT LEAST', align: 'right' },
      { title: 'CANDIDATE/MIN', align: 'right' },
    ],
    steps.map((step, i) => [
      String(i + 1),
      weight(step.weightPpm),
      formatDuration(step.holdMs),
      step.candidatePerMinute === null ? UNKNOWN : count(step.candidatePerMinute),
    ]),
  );
}

export function powerTable({ power }: Pick<Plan, 'power'>): string {
  return table(
    [
      { title: 'METRIC' },
      { title: 'CANDIDATE WITH' },
      { title: 'VERDICT' },
      { title: 'REQUESTS', align: 'right' },
      { title: 'AFTER', align: 'right' },
    ],
    power.map((row) => [
      row.metric,
      row.question,
      row.verdict,
      row.candidateRequests === null ? UNKNOWN : count(row.candidateRequests),
      row.afterMs === null ? UNKNOWN : formatDuration(row.afterMs),
    ]),
  );
}
