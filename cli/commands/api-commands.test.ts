import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answers, FakeControl } from '../testing/fake-control.ts';
import { fakeControl } from '../testing/fake-control.ts';
import type { Result } from '../testing/fake-terminal.ts';
import { meshproof } from '../testing/fake-terminal.ts';
import { FAILED, PASSED, view } from '../testing/views.ts';

const CANARY = `apiVersion: meshproof.dev/v1
kind: Canary
metadata: {name: reviews-v2}
spec: {service: reviews, baseline: v1, candidate: v2}
`;
const SERVICE = `apiVersion: meshproof.dev/v1
kind: Service
metadata: {name: reviews}
spec: {stable: v1, versions: {v1: {endpoints: ["127.0.0.1:1"]}, v2: {endpoints: ["127.0.0.1:2"]}}}
`;
const ONE = '/api/v1/experiments/reviews-v2';

let cwd = '';
let control: FakeControl | undefined;

beforeAll(() => {
  cwd = mkdtempSync(join(tmpdir(), 'meshproof-cli-'));
  writeFileSync(join(cwd, 'canary.yaml'), CANARY);
  writeFileSync(join(cwd, 'all.yaml'), `${SERVICE}---\n${CANARY}`);
  writeFileSync(join(cwd, 'broken.yaml'), CANARY.replace('candidate', 'candiate'));
});
afterEach(async () => {
  await control?.close();
  control = undefined;
});
afterAll(() => {
  rmSync(cwd, { recursive: true });
});

async function ask(argv: readonly string[], answers: Answers, signal?: AbortSignal): Promise<Result> {
  control = await fakeControl(answers);
  return meshproof(argv, { cwd, env: { MESHPROOF_SERVER: control.url }, ...(signal ? { signal } : {}) });
}

function gate(verdict: string, status: string): object {
  return {
    ...{ id: 'reviews-v2', status, terminal: status !== 'RUNNING', verdict, ok: verdict === 'PASS', progress: 40 },
    ...{ reason: 'so it is', score: null, since: null, updated: null, metrics: [], links: {} },
  };
}

describe('approve, pause and resume', () => {
  it.each(['approve', 'pause', 'resume'])('%s sends the reason and shows what came of it', async (word) => {
    const answers = {
      [`POST ${ONE}/${word}`]: { body: view({ reason: 'step 2 waits for its window', waitsFor: 'window' }) },
    };
    const result = await ask([word, 'reviews-v2', '--reason', 'because'], answers);
    expect(result).toMatchObject({ exit: 0, stderr: '' });
    expect(result.stdout).toContain('PENDING; step 2 waits for its window');
    expect(control?.asked).toEqual([{ method: 'POST', path: `${ONE}/${word}`, body: { reason: 'because' } }]);
  });

  it('status says what waits, and which command lets it go on', async () => {
    const waits = view({ reason: 'step 2 waits for a person to approve it', waitsFor: 'approval' });
    const result = await ask(['status', 'reviews-v2'], { [`GET ${ONE}`]: { body: waits } });
    expect(result.stdout).toContain('step 2 waits for a person to approve it: meshproof approve reviews-v2');
    await control?.close();
    const paused = await ask(['status', 'reviews-v2'], { [`GET ${ONE}`]: { body: view({ pausedBy: 'ada' }) } });
    expect(paused.stdout).toContain('paused by ada, goes on with: meshproof resume reviews-v2');
  });

  it('says so when nothing waits for an approval', async () => {
    const error = { code: 'REQUEST_INVALID', message: '', detail: 'reviews-v2 waits for no approval: measuring' };
    const result = await ask(['approve', 'reviews-v2'], { [`POST ${ONE}/approve`]: { status: 400, body: { error } } });
    expect(result.exit).not.toBe(0);
    expect(result.stderr).toContain('waits for no approval');
  });
});

describe('apply', () => {
  it('sends the documents as they were written and leaves experiments alone', async () => {
    const results = [{ key: 'Service/reviews', action: 'created' }];
    const result = await ask(['apply', '-f', 'all.yaml'], {
      'PUT /api/v1/documents': { body: { version: 3, results } },
    });
    expect(result).toEqual({
      exit: 0,
      stdout: 'Service/reviews created\n',
      stderr: 'Canary/reviews-v2 is an experiment; start it with: meshproof run all.yaml\nconfiguration version 3\n',
    });
    const sent = control?.asked[0]?.body as { documents: { kind: string; spec: unknown }[]; dryRun: boolean };
    expect(sent.dryRun).toBe(false);
    expect(sent.documents.map((d) => d.kind)).toEqual(['Service']);
  });

  it('asks nobody when a file is not valid', async () => {
    const result = await ask(['apply', '-f', 'broken.yaml'], {});
    expect(result.exit).toBe(65);
    expect(result.stderr).toContain('did you mean "candidate"?');
    expect(control?.asked).toEqual([]);
  });
});

describe('run', () => {
  it('returns at once without --wait and says how to watch', async () => {
    const result = await ask(['run', 'canary.yaml'], { 'POST /api/v1/experiments': { status: 201, body: view() } });
    expect(result.exit).toBe(0);
    expect(result.stdout).toBe('reviews-v2 started (reviews-v2-1)\n');
    expect(result.stderr).toContain('meshproof status reviews-v2 -w');
  });

  it('with --wait prints a line for each change and the evidence, and exits with the verdict', async () => {
    const result = await ask(['run', 'canary.yaml', '--wait'], {
      'POST /api/v1/experiments': { status: 201, body: view() },
      [`GET ${ONE}`]: [{ body: view() }, { body: view() }, { body: FAILED }],
    });
    expect(result.exit).toBe(2);
    await expect(result.stdout).toMatchFileSnapshot('../testing/golden/run-wait-fail.txt');
  });

  it('with --wait -o json prints the final state and nothing else', async () => {
    const result = await ask(['run', 'canary.yaml', '--wait', '-o', 'json'], {
      'POST /api/v1/experiments': { status: 201, body: view() },
      [`GET ${ONE}`]: [{ body: view() }, { body: FAILED }],
    });
    expect(result.exit).toBe(2);
    expect(JSON.parse(result.stdout)).toEqual(FAILED);
  });

  it('with --wait -o jsonl prints one object for each change', async () => {
    const later = { ...FAILED, updatedAt: '2026-01-01T10:00:21.000Z' };
    const result = await ask(['run', 'canary.yaml', '--wait', '-o', 'jsonl'], {
      'POST /api/v1/experiments': { status: 201, body: view() },
      [`GET ${ONE}`]: [{ body: view() }, { body: view() }, { body: later }],
    });
    const phases = result.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { experiment: { phase: string } }).experiment.phase);
    expect(phases).toEqual(['stepping', 'rolled-back']);
  });

  it('exits 8 when the time is up and says that the experiment goes on', async () => {
    const result = await ask(['run', 'canary.yaml', '--wait', '--timeout', '1ms'], {
      'POST /api/v1/experiments': { status: 201, body: view() },
      [`GET ${ONE}`]: { body: view() },
    });
    expect(result.exit).toBe(8);
    expect(result.stderr).toContain('still pending');
  });

  it('exits 130 on Ctrl-C and leaves the experiment running', async () => {
    const interrupt = new AbortController();
    const waiting = ask(
      ['run', 'canary.yaml', '--wait'],
      { 'POST /api/v1/experiments': { status: 201, body: view() }, [`GET ${ONE}`]: { body: view() } },
      interrupt.signal,
    );
    await expect.poll(() => control?.asked.length).toBeGreaterThan(1);
    interrupt.abort('SIGINT');
    expect((await waiting).exit).toBe(130);
    expect(control?.asked.some((a) => a.path.endsWith('/abort'))).toBe(false);
  });

  it('does not take the verdict of another run for its own', async () => {
    const result = await ask(['run', 'canary.yaml', '--wait'], {
      'POST /api/v1/experiments': { status: 201, body: view() },
      [`GET ${ONE}`]: { body: { ...PASSED, id: 'reviews-v2-2' } },
    });
    expect(result.exit).toBe(5);
    expect(result.stderr).toContain('another run of it has begun (reviews-v2-2)');
  });

  it('with --all starts every experiment, those that come after others behind them, and exits with the worst', async () => {
    writeFileSync(
      join(cwd, 'release.yaml'),
      `${CANARY.replace('reviews-v2', 'last').replace('{service', '{after: [reviews-v2], service')}---\n${CANARY}`,
    );
    const passed = { ...PASSED, name: 'last', id: 'last-1' };
    const result = await ask(['run', 'release.yaml', '--all', '--wait'], {
      'POST /api/v1/experiments': [
        { status: 201, body: view() },
        { status: 201, body: passed },
      ],
      [`GET ${ONE}`]: { body: FAILED },
      'GET /api/v1/experiments/last': { body: passed },
    });
    expect(result.exit).toBe(2);
    const sent = control?.asked
      .slice(0, 2)
      .map((a) => (a.body as { document: { metadata: { name: string } } }).document);
    expect(sent?.map((d) => d.metadata.name)).toEqual(['reviews-v2', 'last']);
  });

  it('refuses a file whose experiments would wait for each other', async () => {
    const circle = CANARY.replace('{service', '{after: [reviews-v2], service');
    writeFileSync(join(cwd, 'circle.yaml'), circle);
    const result = await ask(['run', 'circle.yaml'], {});
    expect(result.exit).toBe(65);
    expect(result.stderr).toContain('it would wait for itself: reviews-v2 after reviews-v2');
    expect(control?.asked).toEqual([]);
  });

  it('names the experiments of a file when it has to choose', async () => {
    const result = await ask(['run', 'canary.yaml', 'reviews-v9'], {});
    expect(result.exit).toBe(64);
    expect(result.stderr).toContain('it holds Canary/reviews-v2');
  });
});

describe('exit codes', () => {
  it.each([
    ['PASS', PASSED, 0],
    ['FAIL', FAILED, 2],
    ['INCONCLUSIVE', view({ ...FAILED, verdict: 'INCONCLUSIVE' }), 3],
    ['ended by someone', view({ ...FAILED, haltedBy: 'jo' }), 7],
    ['still running', view(), 8],
  ])('status of an experiment that is %s', async (_, shown, exit) => {
    expect((await ask(['status', 'reviews-v2'], { [`GET ${ONE}`]: { body: shown } })).exit).toBe(exit);
  });

  it.each([
    ['PASS', 'PASSED', 0],
    ['FAIL', 'FAILED', 2],
    ['INCONCLUSIVE', 'INCONCLUSIVE', 3],
    ['FAIL', 'ABORTED', 7],
    ['PENDING', 'RUNNING', 8],
  ])('gate check of %s, %s', async (verdict, status, exit) => {
    const body = gate(verdict, status);
    expect((await ask(['gate', 'check', 'reviews-v2'], { 'GET /api/v1/gates/reviews-v2': { body } })).exit).toBe(exit);
  });

  it('gate wait stays until the gate is decided', async () => {
    const result = await ask(['gate', 'wait', 'reviews-v2'], {
      'GET /api/v1/gates/reviews-v2': [{ body: gate('PENDING', 'RUNNING') }, { body: gate('PASS', 'PASSED') }],
    });
    expect(result).toMatchObject({ exit: 0, stdout: 'reviews-v2: PASS, PASSED. so it is\n' });
  });

  it('is 5 for an experiment that does not exist', async () => {
    const error = { code: 'EXPERIMENT_NOT_FOUND', message: '', detail: 'no experiment "reviews-v2"' };
    const result = await ask(['abort', 'reviews-v2'], { [`POST ${ONE}/abort`]: { status: 404, body: { error } } });
    expect(result.exit).toBe(5);
    expect(result.stderr).toContain('there is no such experiment: no experiment "reviews-v2"');
  });

  it('is 6 when nobody listens', async () => {
    const result = await meshproof(['halt', '--server', 'http://127.0.0.1:1']);
    expect(result.exit).toBe(6);
    expect(result.stderr).toContain('meshproof up');
  });
});

describe('what is printed', () => {
  it('of experiments is a table', async () => {
    const result = await ask(['get', 'experiments'], { 'GET /api/v1/experiments': { body: [view(), FAILED, PASSED] } });
    await expect(result.stdout).toMatchFileSnapshot('../testing/golden/get-experiments.txt');
  });

  it('of one experiment is its outcome and its evidence', async () => {
    const result = await ask(['get', 'experiment', 'reviews-v2'], { [`GET ${ONE}`]: { body: PASSED } });
    await expect(result.stdout).toMatchFileSnapshot('../testing/golden/get-experiment.txt');
  });

  it('of a halt says what was ended and how long it took', async () => {
    const body = { experiments: ['reviews-v2'], proxies: 1, tookMs: 11.6 };
    const result = await ask(['halt'], { 'POST /api/v1/halt': { body } });
    expect(result).toMatchObject({ exit: 0, stdout: 'halted in 12 ms on 1 proxy: reviews-v2\n' });
  });
});
