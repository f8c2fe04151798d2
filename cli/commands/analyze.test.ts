import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seeded } from '../../analyzer/simulation/random.ts';
import type { Result } from '../testing/fake-terminal.ts';
import { meshproof } from '../testing/fake-terminal.ts';

type Row = { readonly t: number; readonly isCandidate: boolean; readonly failed: boolean };

/** 100 requests a second, of which every fifth meets the candidate. */
function rowsOf(count: number, candidateErrors: number): Row[] {
  const random = seeded(7);
  return Array.from({ length: count }, (_, i) => {
    const isCandidate = random() < 0.2;
    return { t: i / 100, isCandidate, failed: random() < (isCandidate ? candidateErrors : 0.001) };
  });
}
const ours = ({ t, isCandidate, failed }: Row) => ({
  t,
  arm: isCandidate ? 'candidate' : 'baseline',
  status: failed ? 503 : 200,
  latencyMs: 8.1,
  share: 0.2,
});
/** As nginx writes it with escape=json: text throughout, seconds. */
const nginx = ({ t, isCandidate, failed }: Row) => ({
  msec: String(1_700_000_000 + t),
  upstream_version: isCandidate ? 'v2' : 'v1',
  status: failed ? '503' : '200',
  request_time: '0.008',
});

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'requests-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const record = (lines: readonly unknown[]): Promise<void> =>
  writeFile(join(cwd, 'r.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const analyze = (...argv: string[]): Promise<Result> =>
  meshproof(['analyze', '--requests', 'r.ndjson', ...argv], { cwd });
type Answer = {
  readonly verdict: string;
  readonly decidedAt: { readonly t: unknown; readonly requests: number; readonly candidateRequests: number } | null;
  readonly metrics: readonly { readonly name: string; readonly verdict: string }[];
};
const answerOf = ({ stdout }: Result): Answer => JSON.parse(stdout) as Answer;

describe('analyze --requests', () => {
  it('says FAIL, the request after which it stood, and the evidence; the exit code is that of run', async () => {
    const rows = rowsOf(5_000, 0.5);
    await record(rows.map(ours));
    const result = await analyze('-o', 'json');
    const { verdict, decidedAt, metrics } = answerOf(result);
    expect([result.exit, verdict]).toEqual([2, 'FAIL']);
    expect(metrics.map((m) => m.name)).toEqual(['success-rate', 'latency p99']);
    const requests = decidedAt?.requests ?? 0;
    expect(decidedAt?.candidateRequests).toBe(rows.slice(0, requests).filter((row) => row.isCandidate).length);
    expect(decidedAt?.candidateRequests).toBeLessThan(50);
    expect(decidedAt?.t).toBe(rows[requests - 1]?.t);
  });

  it('says PASS when a canary’s metrics are shown to be safe', async () => {
    const spec = 'service: s, baseline: v1, candidate: v2, analysis: {metrics: [{name: success-rate, margin: 3}]}';
    const head = 'apiVersion: meshproof.dev/v1\nkind: Canary\nmetadata: {name: s}\n';
    await writeFile(join(cwd, 'canary.yaml'), `${head}spec: {${spec}}\n`);
    await record(rowsOf(20_000, 0.001).map(ours));
    const result = await analyze('--experiment', 'canary.yaml', '-o', 'json');
    expect([result.exit, answerOf(result).verdict]).toEqual([0, 'PASS']);
    expect(answerOf(result).metrics.map((m) => m.name)).toEqual(['success-rate']);
  });

  it('is INCONCLUSIVE when the recording ends before a verdict', async () => {
    await record(rowsOf(100, 0).map(ours));
    const result = await analyze('-o', 'json');
    expect(result.exit).toBe(3);
    expect(answerOf(result)).toMatchObject({ verdict: 'INCONCLUSIVE', decidedAt: null });
  });

  it('reads an access log of nginx to the same decision', async () => {
    const rows = rowsOf(5_000, 0.5);
    await record(rows.map(ours));
    const want = answerOf(await analyze('-o', 'json')).decidedAt;
    await record(rows.map(nginx));
    const map = 'arm=upstream_version,t=msec,latencyMs=request_time*1000';
    const result = await analyze('--map', map, '--arms', 'v1,v2', '-o', 'json');
    const { decidedAt } = answerOf(result);
    expect(result.exit).toBe(2);
    // This log has no share: it is estimated, which moves the decision by some requests.
    expect(Math.abs((decidedAt?.candidateRequests ?? 0) - (want?.candidateRequests ?? 0))).toBeLessThan(10);
    expect(decidedAt?.t).toBe(nginx(rows[(decidedAt?.requests ?? 0) - 1] ?? rows[0] ?? ROW).msec);
  });

  it.each([
    [
      'Envoy',
      'outbound|80|v1|s.default,outbound|80|v2|s.default',
      'arm=upstream_cluster,t=start_time,status=response_code,latencyMs=duration',
      ({ isCandidate, failed }: Row) => ({
        upstream_cluster: `outbound|80|${isCandidate ? 'v2' : 'v1'}|s.default`,
        start_time: '2026-03-01T12:00:00.000Z',
        response_code: failed ? 503 : 200,
        duration: 8,
      }),
    ],
    [
      'our own proxy',
      'v1,v2',
      'arm=version,t=time,latencyMs=durationMs',
      ({ isCandidate, failed }: Row) => ({
        time: '2026-03-01T12:00:00.000Z',
        durationMs: 8.123,
        status: failed ? 503 : 200,
        version: isCandidate ? 'v2' : 'v1',
      }),
    ],
  ])('reads an access log of %s', async (_, arms, map, line) => {
    await record(rowsOf(5_000, 0.5).map((row) => line(row)));
    const result = await analyze('--map', map, '--arms', arms, '-o', 'json');
    expect(answerOf(result)).toMatchObject({ verdict: 'FAIL', decidedAt: { t: '2026-03-01T12:00:00.000Z' } });
    expect(result.stderr).toBe('');
  });

  it('judges the series of a recorded run that has both arms', async () => {
    await record(rowsOf(2_000, 0.5).map(ours));
    const argv = ['analyze', 'r.ndjson', 'r.ndjson', '--metric', 'errors', '--direction', 'increase', '-o', 'json'];
    const { exit, stdout } = await meshproof(argv, { cwd });
    expect([exit, (JSON.parse(stdout) as Answer).metrics.map((m) => m.name)]).toEqual([2, ['errors']]);
  });

  it('takes other names of the arms without a map', async () => {
    await record(rowsOf(2_000, 0.5).map((row) => ({ ...ours(row), arm: row.isCandidate ? 'v2' : 'v1' })));
    expect((await analyze('--arms', 'v1,v2')).exit).toBe(2);
    const { exit, stderr } = await analyze();
    expect(exit).toBe(64);
    expect(stderr).toContain('holds no request that could be read (2,000 lines)');
  });

  it('counts what is no request, and goes on', async () => {
    await record(['nonsense', ...rowsOf(3_000, 0.5).map(ours)]);
    const { exit, stderr } = await analyze();
    expect(exit).toBe(2);
    expect(stderr).toContain('1 of ');
  });

  it.each([
    ['a file that is not there', ['--requests', 'missing'], 'missing cannot be read (ENOENT)'],
    ['nothing', [], 'what is to be judged?'],
    ['one series', ['a.csv'], 'what is to be judged?'],
    ['a map for series', ['a.csv', 'b.csv', '--map', 't=x'], '--map is about recorded requests'],
  ])('refuses %s', async (_, argv, why) => {
    const { exit, stderr } = await meshproof(['analyze', ...argv], { cwd });
    expect(exit).toBe(64);
    expect(stderr).toContain(why);
  });
});

const ROW: Row = { t: 0, isCandidate: false, failed: false };
