import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExperimentKind } from '../../contracts/document.ts';
import type { JournalEntry } from '../../contracts/experiment.ts';
import { verifyChain } from '../../experiments/verify-chain.ts';
import { traffic } from '../../experiments/testing/drive.ts';
import { meshproof } from '../testing/fake-terminal.ts';
import { drivenJournal } from '../testing/journals.ts';
import { evidenceRows } from './evidence-rows.ts';
import { junitReport } from './junit.ts';
import { reportOf } from './model.ts';
import type { Report } from './model.ts';

const FORMATS = ['text', 'markdown', 'json', 'junit', 'html'];

let folder: string;
let journals: Readonly<Record<ExperimentKind, JournalEntry[]>>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meshproof-kinds-'));
  journals = {
    Canary: await drivenJournal(),
    BlueGreen: await drivenJournal({ ...traffic(), previewRps: 20 }, {}, 'BlueGreen'),
    ABTest: await drivenJournal(traffic({ v1: { goalRate: 0.2 }, v2: { goalRate: 0.3 } }, 1_000), {}, 'ABTest'),
    Chaos: await drivenJournal(traffic(), {}, 'Chaos'),
    Shadow: await drivenJournal(traffic({ v1: { errorRate: 0 }, v2: { errorRate: 0 } }), {}, 'Shadow'),
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function of(kind: ExperimentKind): Report {
  return reportOf(journals[kind], verifyChain(journals[kind]));
}

async function print(kind: ExperimentKind, format: string): Promise<string> {
  writeFileSync(join(folder, `${kind}.json`), JSON.stringify(journals[kind]));
  const { exit, stdout, stderr } = await meshproof(['report', '--file', `${kind}.json`, '-o', format], { cwd: folder });
  expect(stderr).toBe('');
  expect(exit).toBe(0);
  return stdout;
}

describe.each(['Canary', 'BlueGreen', 'ABTest', 'Chaos', 'Shadow'] as const)('a report of a %s', (kind) => {
  it('says its verdict, its service and the word of the chain in every format', async () => {
    for (const format of FORMATS) {
      const text = await print(kind, format);
      for (const word of ['PASS', 'reviews', kind]) expect(text, `${format}: ${word}`).toContain(word);
      expect(text, format).toMatch(/chain of the journal is intact|"intact": true/i);
    }
  });

  it('passes in JUnit, with the verdict first and the journal last', () => {
    const cases = [...junitReport(of(kind)).matchAll(/<testcase name="([^"]+)"/g)].map((m) => m[1]);
    expect([cases[0], cases.at(-1)]).toEqual(['verdict', 'journal']);
    expect(junitReport(of(kind))).toContain('failures="0" errors="0"');
  });
});

describe('the evidence of a report', () => {
  it('of an A/B test has every goal of every other arm, the users by arm, and its effect over time', async () => {
    const report = of('ABTest');
    expect(report).toMatchObject({ arms: ['v1', 'v2'], baseline: null, outcome: 'rolled-back' });
    expect(evidenceRows(report).map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      'v2: signup PASS',
      'sample ratio PASS',
    ]);
    const [goal, ratio] = evidenceRows(report);
    expect(goal?.rule).toMatch(/^surely better than v1: \+[\d.]+% in \[\+/);
    expect(goal?.cells[1]).toMatch(/^[12]\d[.\d]* by 100 users$/);
    expect(ratio?.cells.slice(1, 3)).toEqual(['50% / 50%', expect.stringMatching(/^(49|5[01])[.\d]*% \/ /)]);
    expect(report.series.weights.map(({ ppm }) => ppm)).toContain(500_000);
    expect(report.series.metrics[0]).toMatchObject({ name: 'v2: signup', limit: 0 });
    expect(await print('ABTest', 'html')).toContain('Effect on v2: signup');
  });

  it('of an A/B test with a losing arm fails no pipeline where another arm won', () => {
    const report = structuredClone(of('ABTest'));
    const arms = report.judgement?.arms?.arms ?? [];
    const worse = { ...arms[1], version: 'v3', goals: [{ ...arms[1]?.goals[0], says: 'worse' as const }] };
    arms.push(worse as (typeof arms)[number]);
    expect(junitReport(report)).toMatch(
      /<testcase name="v3: signup"[^>]*>\s*<skipped message="FAIL: surely worse than v1/,
    );
    expect(junitReport(report)).toContain('failures="0" errors="0"');
    expect(junitReport({ ...report, verdict: 'FAIL' })).toMatch(/name="v3: signup"[^>]*>\s*<failure/);
  });

  it('of a blue-green release shows the switch as everything going to the candidate at once', () => {
    const shares = of('BlueGreen').series.weights.map(({ ppm }) => ppm / 10_000);
    expect(new Set(shares)).toEqual(new Set([0, 100]));
  });

  it('of a shadow has the fields that differ, with an example', async () => {
    const wrong = traffic({ v1: { errorRate: 0 }, v2: { errorRate: 0, wrongPrices: 0.05 } });
    const entries = await drivenJournal(wrong, {}, 'Shadow');
    const row = evidenceRows(reportOf(entries, verifyChain(entries))).find(({ name }) => name === 'body.price');
    expect(row).toMatchObject({
      verdict: 'FAIL',
      rule: expect.stringMatching(/only for the candidate.*, such as /) as string,
    });
  });

  it('of Chaos has the steady state before, during and after, and what users met', async () => {
    expect(evidenceRows(of('Chaos')).map(({ name }) => name)).toEqual([
      'success-rate before',
      'success-rate during',
      'success-rate after',
      'fault aborts',
    ]);
    expect(await print('Chaos', 'text')).not.toContain('Candidate requests');
  });

  it('of Chaos has what met each fault, the score, and the steady state over time', async () => {
    const report = of('Chaos');
    const [fault] = report.faults;
    expect(report).toMatchObject({ score: 100, faults: [{ name: 'aborts', target: 'reviews' }] });
    expect(fault?.hits).toBeGreaterThan(50);
    expect(junitReport(report)).toMatch(/name="fault aborts"[^>]*>\s*<system-out>PASS: met reviews 1?\d\d times/);
    for (const format of ['text', 'markdown', 'html'])
      expect(await print('Chaos', format), format).toMatch(/Resilience score.*100 of 100/);
    const [steady] = report.series.checks;
    expect(steady).toMatchObject({ name: 'success-rate', limit: 90 });
    expect(Math.min(...(steady?.points ?? []).map(({ value }) => value))).toBeLessThan(97);
    expect(await print('Chaos', 'html')).toContain('<figcaption>success-rate</figcaption>');
  });

  it('of Chaos that touched nothing says so of the fault, and passes no pipeline', async () => {
    const entries = await drivenJournal({ ...traffic(), faultsMeet: false }, {}, 'Chaos');
    const report = reportOf(entries, verifyChain(entries));
    expect(evidenceRows(report).at(-1)).toMatchObject({ name: 'fault aborts', verdict: 'INCONCLUSIVE' });
    expect(report.score).toBeNull();
    expect(junitReport(report)).toMatch(/<skipped message="INCONCLUSIVE: touched nothing of reviews/);
    expect(junitReport(report)).toContain('errors="1"');
  });
});
