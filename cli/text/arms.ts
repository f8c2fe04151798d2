/** The arms of an A/B test, a line a goal. */
import type { ArmsEvidence, GoalEvidence } from '../../contracts/verdict.ts';
import type { Colors } from '../terminal.ts';
import { count, effect, interval, percent, UNKNOWN, weight } from './figures.ts';
import { table } from './table.ts';

export function armsTable({ arms, winner }: ArmsEvidence, colors: Colors): string {
  const rows = arms.flatMap((arm) =>
    arm.goals.map((goal, i) => [
      ...(i === 0
        ? [
            arm.version === winner ? colors.bold(`${arm.version} *`) : arm.version,
            weight(arm.sharePpm),
            arm.users === null ? UNKNOWN : count(arm.users),
            arm.requests === 0 ? UNKNOWN : percent(arm.errors / arm.requests),
          ]
        : ['', '', '', '']),
      goal.name,
      goal.perUser === null ? UNKNOWN : String(Number((100 * goal.perUser).toPrecision(3))),
      goal.says === null ? UNKNOWN : effect('ms', goal.effect),
      interval('ms', goal.interval),
      saying(goal, colors),
    ]),
  );
  return table(
    [
      { title: 'ARM' },
      { title: 'WEIGHT', align: 'right' },
      { title: 'USERS', align: 'right' },
      { title: 'ERRORS', align: 'right' },
      { title: 'GOAL' },
      { title: 'BY 100 USERS', align: 'right' },
      { title: 'EFFECT', align: 'right' },
      { title: 'INTERVAL' },
      { title: 'SAYS' },
    ],
    rows,
  );
}

function saying({ says }: GoalEvidence, colors: Colors): string {
  if (says === 'better') return colors.green(says);
  return says === 'worse' ? colors.red(says) : (says ?? UNKNOWN);
}
