import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { meshproof } from '../testing/fake-terminal.ts';

const CANARY = `
apiVersion: meshproof.dev/v1
kind: Canary
metadata: {name: reviews-v2}
spec:
  service: reviews
  baseline: v1
  candidate: v2
  steps: [{weight: 10}]
  hold: {min: 5s, max: 60s}
  watch: {for: 2s}
  analysis: {metrics: [{name: success-rate, margin: 2}]}
`;

type Answer = Record<'asked' | 'healthy', { verdicts: Record<string, number>; candidateRequests: { median: number } }>;

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'simulate-'));
  await writeFile(join(cwd, 'canary.yaml'), CANARY);
});
afterEach(() => rm(cwd, { recursive: true }));

async function simulate(...argv: string[]): Promise<Answer> {
  const { stdout, stderr, exit } = await meshproof(['simulate', 'canary.yaml', '--runs', '10', '-o', 'json', ...argv], {
    cwd,
  });
  if (exit !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Answer;
}

describe('simulate', () => {
  it('shows what the candidate would meet beside a healthy one', async () => {
    const { asked, healthy } = await simulate('--rate', '6000', '--candidate-errors', '10%');
    expect(asked.verdicts).toEqual({ PASS: 0, FAIL: 10, INCONCLUSIVE: 0 });
    expect(asked.candidateRequests.median).toBeLessThan(healthy.candidateRequests.median);
    expect(healthy.verdicts['FAIL']).toBe(0);
  });

  it('draws from recorded requests', async () => {
    const line = (i: number) =>
      JSON.stringify({ t: i / 100, arm: i % 10 === 0 ? 'candidate' : 'baseline', status: i % 20 === 0 ? 503 : 200 });
    const lines = Array.from({ length: 2_000 }, (_, i) => line(i));
    await writeFile(join(cwd, 'requests.ndjson'), lines.join('\n'));
    expect((await simulate('--requests', 'requests.ndjson')).asked.verdicts['FAIL']).toBe(10);
    const cured = await simulate('--requests', 'requests.ndjson', '--candidate-errors', '0');
    expect(cured.asked.verdicts['FAIL']).toBe(0);
  });

  it('waits for nobody: neither for others of the release, nor for a person, nor for a window', async () => {
    const freeze = '{from: "2020-01-01", to: "2090-01-01"}';
    const waits = `  together: [other]\n  after: [first]\n  approval: true\n  freezes: [${freeze}]\n`;
    await writeFile(join(cwd, 'canary.yaml'), `${CANARY}${waits}`);
    const { asked } = await simulate('--rate', '6000');
    expect(asked.verdicts).toEqual({ PASS: 10, FAIL: 0, INCONCLUSIVE: 0 });
  });

  it('prints the distribution, an example and the seed', async () => {
    const argv = [
      'simulate',
      'canary.yaml',
      '--rate',
      '6000',
      '--candidate-errors',
      '10',
      '--runs',
      '5',
      '--seed',
      '7',
    ];
    const { stdout, stderr } = await meshproof(argv, { cwd });
    expect(stdout).toMatch(/FAIL\s+100%\s+0%/);
    expect(stdout).toContain('FAIL  for example rolled back: ');
    expect(stdout).toContain('false rollbacks: 0% of healthy candidates');
    expect(stderr).toContain('seed 7; ');
  });

  it('asks for the traffic', async () => {
    expect((await meshproof(['simulate', 'canary.yaml'], { cwd })).exit).toBe(64);
  });
});
