/** What came out of a scenario, beside what its story expects. Pure. */
import type { ExperimentView, Phase } from '../../contracts/experiment.ts';
import type { Count, Story } from './story.ts';

/** Counted at the users' side while the experiment ran. */
export type GroupCount = {
  readonly name: string;
  readonly sent: number;
  readonly lost: number;
  readonly codes: Readonly<Record<string, number>>;
};

export type Outcome = {
  readonly view: ExperimentView;
  readonly phases: readonly Phase[];
  readonly groups: readonly GroupCount[];
};

/** @returns what is not as it must be, as sentences */
export function shortfalls(story: Story, { view, phases, groups }: Outcome): string[] {
  const { expect } = story;
  const found: string[] = [];
  if (view.verdict !== expect.verdict) found.push(`the verdict is ${view.verdict} instead of ${expect.verdict}`);
  if (view.phase !== expect.phase) found.push(`it is ${view.phase} instead of ${expect.phase}`);
  for (const phase of expect.through) if (!phases.includes(phase)) found.push(`it was never ${phase}`);
  if (expect.failedBy !== undefined && !failing(view).includes(expect.failedBy)) {
    found.push(`${expect.failedBy} does not say FAIL (${failing(view).join(', ') || 'nothing does'})`);
  }
  found.push(...outside('answers were shielded', view.totals.shielded, expect.shielded));
  for (const group of story.traffic) {
    const counted = groups.find((g) => g.name === group.name);
    if (!counted || counted.sent === 0) found.push(`${group.name} sent nothing`);
    else found.push(...outside(`requests of ${group.name} were lost`, counted.lost, group.lost));
  }
  return found;
}

function failing(view: ExperimentView): string[] {
  const { metrics, checks = [], differences = [] } = view.judgement;
  return [
    ...[...metrics, ...checks].filter((m) => m.verdict === 'FAIL').map((m) => m.name),
    ...differences.filter((d) => d.verdict === 'FAIL').map((d) => d.path),
  ];
}

function outside(what: string, count: number, range: Count | undefined): string[] {
  if (range === undefined || (count >= range.atLeast && count <= (range.atMost ?? Infinity))) return [];
  return [`${count} ${what}, ${countText(range)} expected`];
}

export function countText({ atLeast, atMost }: Count): string {
  if (atMost === undefined) return atLeast === 0 ? 'any number' : `at least ${atLeast}`;
  if (atMost === atLeast) return atMost === 0 ? 'none' : String(atMost);
  return atLeast === 0 ? `at most ${atMost}` : `${atLeast} to ${atMost}`;
}
