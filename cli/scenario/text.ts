/** A scenario for people: its story before it runs, and what came out. */
import type { Colors } from '../terminal.ts';
import { evidenceTable, outcomeLine } from '../text/experiment.ts';
import { count, seconds } from '../text/figures.ts';
import { table } from '../text/table.ts';
import type { Played } from './play.ts';
import { countText } from './outcome.ts';
import type { Scenario } from './story.ts';

export function storyText({ name, story }: Scenario, colors: Colors): string {
  const { title, hypothesis, teaches, expect } = story;
  return (
    `${colors.bold(name)}: ${title}\n` +
    `  hypothesis  ${hypothesis}\n  it teaches  ${teaches}\n  expected    ${expect.verdict}, ${expect.phase}\n\n`
  );
}

export function outcomeText({ story }: Scenario, played: Played, wrong: readonly string[], colors: Colors): string {
  const rows = played.groups.map((group) => {
    const expected = story.traffic.find((g) => g.name === group.name)?.lost;
    return [
      group.name,
      count(group.sent),
      count(group.lost),
      expected ? countText(expected) : '',
      codesText(group.codes),
    ];
  });
  const columns = [
    { title: 'USERS' },
    { title: 'REQUESTS' },
    { title: 'LOST' },
    { title: 'EXPECTED' },
    { title: 'ANSWERS' },
  ];
  return [
    `\n${outcomeLine(played.view, colors)}`,
    evidenceTable(played.view, colors),
    rows.length > 0 ? `\n${table(columns, rows)}` : '',
    `\nthe experiment took ${seconds(played.tookMs)}, with its mesh ${seconds(played.tookInAllMs)}\n`,
    ...wrong.map((sentence) => `${colors.red('not as it must be:')} ${sentence}\n`),
    wrong.length === 0 ? `${colors.green('as expected')}\n` : '',
  ].join('');
}

function codesText(codes: Readonly<Record<string, number>>): string {
  return Object.entries(codes)
    .map(([code, n]) => `${code === '0' ? 'none' : code} x ${n}`)
    .join(', ');
}
