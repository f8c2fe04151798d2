import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ExperimentView } from '../../contracts/experiment.ts';
import { isExperiment } from '../documents/load.ts';
import { readFiles } from '../documents/read-files.ts';
import { meshproof } from '../testing/fake-terminal.ts';
import { countText, shortfalls } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { scenariosPage } from './page.ts';
import { listScenarios, storyIn } from './story.ts';
import type { Story } from './story.ts';

const scenarios = await listScenarios();
const here = process.cwd();

describe('the scenarios', () => {
  it.each(scenarios)('$name is valid as a whole, and holds one experiment of its name', async ({ name, folder }) => {
    const { exit, stdout, stderr } = await meshproof(['validate', relative(here, folder)]);
    expect(exit, stdout + stderr).toBe(0);
    const { documents } = await readFiles([relative(here, folder)], here);
    expect(documents.filter(isExperiment).map((d) => d.document.metadata.name)).toEqual([name]);
  });

  it('stand in docs/scenarios.md as they are', async () => {
    const kinds = new Map<string, string>();
    for (const { name, folder } of scenarios) {
      const { documents } = await readFiles([relative(here, folder)], here);
      kinds.set(name, documents.find(isExperiment)?.document.kind ?? '');
    }
    const page = scenariosPage(scenarios, ({ name }) => kinds.get(name) ?? '');
    await expect(page).toMatchFileSnapshot(join(import.meta.dirname, '../../docs/scenarios.md'));
  });

  it('are listed, and one that is not known is told from them', async () => {
    const { stdout } = await meshproof(['scenario', 'list']);
    const lines = stdout.split('\n');
    for (const { name, story } of scenarios) {
      expect(lines.filter((line) => line.startsWith(`${name} `) && line.endsWith(story.title))).toHaveLength(1);
    }
    const { exit, stderr } = await meshproof(['scenario', 'run', 'nothing']);
    expect(exit).toBe(64);
    expect(stderr).toContain('failing-release');
  });
});

const FRONT = `
title: t
hypothesis: h
teaches: t
traffic: [{name: users, rate: 10, lost: {atMost: 2}}]
expect: {verdict: FAIL, phase: rolled-back, failedBy: success-rate, through: [stepping], shielded: {atLeast: 1}}
`;

const view = {
  verdict: 'FAIL',
  phase: 'rolled-back',
  totals: { baselineRequests: 9, candidateRequests: 9, candidateErrors: 3, shielded: 3 },
  judgement: { verdict: 'FAIL', reason: '', metrics: [{ name: 'success-rate', verdict: 'FAIL' }] },
} as unknown as ExperimentView;

describe('what is expected of a scenario', () => {
  const story: Story = storyIn(FRONT, 'README.md');
  const users = { name: 'users', sent: 100, lost: 2, codes: {} };
  const came: Outcome = { view, phases: ['measuring', 'stepping', 'rolled-back'], groups: [users] };

  it('is met by what came out, or told in sentences', () => {
    expect(shortfalls(story, came)).toEqual([]);
    expect(shortfalls(story, { ...came, view: { ...view, verdict: 'PASS', phase: 'promoted' } })).toHaveLength(2);
    expect(shortfalls(story, { ...came, groups: [{ ...users, lost: 3 }] })).toEqual([
      '3 requests of users were lost, at most 2 expected',
    ]);
    expect(shortfalls(story, { ...came, groups: [{ ...users, sent: 0 }] })).toEqual(['users sent nothing']);
    expect(shortfalls(story, { ...came, groups: [] })).toEqual(['users sent nothing']);
    expect(shortfalls(story, { ...came, phases: ['measuring', 'rolled-back'] })).toEqual(['it was never stepping']);
  });

  it('knows which metric failed, and how much was shielded', () => {
    const judgement = { ...view.judgement, metrics: [] };
    expect(shortfalls(story, { ...came, view: { ...view, judgement } })).toEqual([
      'success-rate does not say FAIL (nothing does)',
    ]);
    const totals = { ...view.totals, shielded: 0 };
    expect(shortfalls(story, { ...came, view: { ...view, totals } })).toEqual([
      '0 answers were shielded, at least 1 expected',
    ]);
  });

  it('is refused with a key that nobody acts on', () => {
    expect(() => storyIn(`${FRONT}\nlessons: many\n`, 'README.md')).toThrow('lessons');
    expect(() => storyIn('title: [', 'README.md')).toThrow('DOCUMENT_INVALID');
  });

  it.each([
    [{ atLeast: 0, atMost: 0 }, 'none'],
    [{ atLeast: 0, atMost: 5 }, 'at most 5'],
    [{ atLeast: 3, atMost: 5 }, '3 to 5'],
    [{ atLeast: 3, atMost: undefined }, 'at least 3'],
  ])('%j reads %s', (range, text) => {
    expect(countText(range)).toBe(text);
  });
});
