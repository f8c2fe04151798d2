import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../contracts/experiment.ts';
import { verifyChain } from '../../experiments/verify-chain.ts';
import { meshproof } from '../testing/fake-terminal.ts';
import type { Result } from '../testing/fake-terminal.ts';
import { BAD, chained, drivenJournal } from '../testing/journals.ts';
import { htmlReport } from './html.ts';
import { junitReport } from './junit.ts';
import { markdownReport } from './markdown.ts';
import { reportOf } from './model.ts';
import type { Report } from './model.ts';

const HOSTILE = `</title><script>alert(1)</script> "q" 'a' & ]]> \u0000\u001b[31m | [x](javascript:alert(1)) @all`;

let bad: JournalEntry[];
let good: JournalEntry[];
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'meshproof-report-'));
  [bad, good] = [await drivenJournal(BAD), await drivenJournal()];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function of(entries: readonly JournalEntry[]): Report {
  return reportOf(entries, verifyChain(entries));
}

function print(entries: readonly JournalEntry[], format: string): Promise<Result> {
  writeFileSync(join(folder, 'journal.json'), JSON.stringify(entries));
  return meshproof(['report', '--file', 'journal.json', '-o', format], { cwd: folder });
}

/** With words of a hostile author wherever a person can put words. */
function hostile(): JournalEntry[] {
  const source = {
    apiVersion: 'meshproof.dev/v1',
    kind: 'Canary',
    metadata: { name: HOSTILE, description: HOSTILE },
    spec: { service: HOSTILE, baseline: HOSTILE, candidate: HOSTILE, [HOSTILE]: HOSTILE },
  };
  const rename = (entry: JournalEntry): JournalEntry => {
    const text = JSON.stringify(entry.data).replaceAll('"success-rate"', JSON.stringify(HOSTILE));
    const data = { ...(JSON.parse(text) as Record<string, unknown>), ...(entry.seq === 0 ? { source } : {}) };
    return { ...entry, message: HOSTILE, data: { ...data, [HOSTILE]: [HOSTILE] } };
  };
  return chained(bad.map(rename));
}

describe('a report', () => {
  it('tells what was run, how it ended, and why, from the journal alone', () => {
    expect(of(bad)).toMatchObject({
      experiment: 'reviews-v2',
      verdict: 'FAIL',
      outcome: 'rolled-back',
      reason: expect.stringContaining('candidate requests failed') as string,
      judgement: { metrics: [{ name: 'success-rate', verdict: 'FAIL' }] },
      chain: { intact: true },
    });
    expect(of(good)).toMatchObject({ verdict: 'PASS', outcome: 'promoted', endedBy: null });
  });

  it('has the weights as proxies were told, up to everything after a promotion and nothing after a rollback', () => {
    const shares = (entries: JournalEntry[]): number[] => of(entries).series.weights.map(({ ppm }) => ppm / 10_000);
    expect(shares(good)).toEqual([0, 10, 50, 100, 100, 100]);
    expect(shares(bad).at(-1)).toBe(0);
  });

  it('has the effect with its interval, and requests, that rise with time', () => {
    const { requests, metrics } = of(good).series;
    expect(requests.length).toBeGreaterThan(5);
    expect(requests.map((p) => p.baseline)).toEqual(requests.map((p) => p.baseline).toSorted((a, b) => a - b));
    expect(metrics[0]?.points.every((p) => p.low === null || p.high === null || p.low <= p.high)).toBe(true);
  });

  it('is PENDING while the run has not ended', () => {
    const running = of(good.slice(0, 8));
    expect(running).toMatchObject({ verdict: 'PENDING', outcome: 'running', endedAt: null });
    expect(junitReport(running)).toContain('<error message="PENDING');
  });

  it('says in every format when the journal was changed', async () => {
    const forged = bad.map((entry) => (entry.seq === 3 ? { ...entry, message: 'nothing happened' } : entry));
    for (const format of ['text', 'markdown', 'json', 'junit', 'html']) {
      const { stdout } = await print(forged, format);
      expect(stdout, format).toContain('entry 3 was changed after it was written');
    }
  });

  it('leaves out what a provider alone may see', () => {
    const web = { url: 'http://m/x', jsonPath: '$.v', headers: { authorization: 'Bearer hush' } };
    const [first, ...rest] = bad;
    if (!first) throw new Error('empty');
    const source = structuredClone(first.data['source']) as { spec: Record<string, unknown> };
    source.spec['analysis'] = { checks: [{ name: 'c', provider: { web }, range: { max: 1 } }] };
    const report = of(chained([{ ...first, data: { source } }, ...rest]));
    expect(JSON.stringify(report)).not.toContain('hush');
    expect(JSON.stringify(report.declared)).toContain('authorization');
  });

  it('is refused for a journal that declares nothing', async () => {
    expect(await print(bad.slice(1), 'text')).toMatchObject({ exit: 1, stdout: '' });
  });
});

describe('the formats', () => {
  it('say the verdict and the evidence in text, and carry no control character of a hostile author', async () => {
    expect((await print(bad, 'text')).stdout).toMatch(/^reviews-v2: FAIL, rolled-back\n[\s\S]*success-rate \(errors\)/);
    // eslint-disable-next-line no-control-regex
    expect((await print(hostile(), 'text')).stdout).not.toMatch(/[\u0000\u001b]/);
  });

  it('give JSON that holds the whole report', async () => {
    expect(JSON.parse((await print(bad, 'json')).stdout)).toEqual(JSON.parse(JSON.stringify(of(bad))));
  });

  it('fail a pipeline by JUnit unless the verdict is PASS', () => {
    expect(junitReport(of(good))).toMatch(/tests="7" failures="0" errors="0" skipped="0"/);
    expect(junitReport(of(bad))).toMatch(/tests="7" failures="2" errors="0" skipped="0"/);
    const undecided = bad.map((e) => ({
      ...e,
      data: { ...e.data, ...(e.data['verdict'] ? { verdict: 'INCONCLUSIVE' } : {}) },
    }));
    expect(junitReport(of(chained(undecided)))).toContain('<error message="INCONCLUSIVE');
  });

  it('let nothing that a hostile author wrote become markup', () => {
    const report = of(hostile());
    const html = htmlReport(report);
    expect(html).not.toContain('<script');
    expect(html.match(/<\/?title>/g)).toHaveLength(2 + 2 * (html.match(/<path class="line/g)?.length ?? 0));
    const outside = markdownReport(report)
      .split(/^`{3,}.*$/m)
      .filter((_, i) => i % 2 === 0)
      .join('');
    expect(outside).not.toMatch(/<script|[^\\]\]\(|@all/);
    expect(junitReport(report)).not.toMatch(/<script|\]\]>|[\u0000]/); // eslint-disable-line no-control-regex
  });

  it('make one HTML page that loads nothing and runs nothing', () => {
    const html = htmlReport(of(good));
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\bsrc=|href=|url\(|@import|\son\w+=/);
    expect(html.match(/<svg /g)).toHaveLength(3);
  });
});
