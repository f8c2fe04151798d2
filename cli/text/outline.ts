/** What an experiment would touch, as people read it. */
import { formatDuration } from '../../contracts/units.ts';
import type { Outline } from '../../experiments/plan/outline.ts';
import type { Colors } from '../terminal.ts';
import { count, UNKNOWN, weight } from './figures.ts';
import { powerTable } from './plan.ts';
import { table } from './table.ts';

export function outlineText(outline: Outline, refusals: readonly string[], colors: Colors): string {
  const { bold, dim, yellow, red } = colors;
  const { least, most } = outline.durationMs;
  const rate = outline.traffic.perMinute === null ? 'unknown' : `${count(outline.traffic.perMinute)} requests a minute`;
  return [
    `${bold(outline.name)}  ${outline.kind} of ${outline.service}\n`,
    `scope     ${outline.match ? JSON.stringify(outline.match) : 'all requests'}\n`,
    `traffic   ${rate}\n`,
    `duration  ${formatDuration(least)} when all goes well, ${formatDuration(most)} at the most\n`,
    `exposure  at most ${weight(outline.maxSharePpm)} of the requests\n\n`,
    partsTable(outline),
    ...(outline.power.length > 0 ? [`\n${dim('what the analysis finds: medians')}\n`, powerTable(outline)] : []),
    ...(outline.warnings.length > 0 ? ['\n'] : []),
    ...outline.warnings.map((w) => `${yellow('warning:')} ${w}\n`),
    ...refusals.map((r) => `${red('refused:')} ${r}\n`),
  ].join('');
}

function partsTable({ parts }: Outline): string {
  return table(
    [
      { title: 'WHAT' },
      { title: 'SERVICE' },
      { title: 'SHARE', align: 'right' },
      { title: 'AT', align: 'right' },
      { title: 'AT MOST', align: 'right' },
      { title: 'REQUESTS/MIN', align: 'right' },
    ],
    parts.map((part) => [
      part.what,
      part.service,
      part.sharePpm === null ? UNKNOWN : weight(part.sharePpm),
      formatDuration(part.atMs),
      formatDuration(part.lastsMs),
      part.perMinute === null ? UNKNOWN : count(part.perMinute),
    ]),
  );
}
