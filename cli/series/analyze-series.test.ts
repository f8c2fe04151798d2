import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { meshproof } from '../testing/fake-terminal.ts';

let cwd = '';
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'series-'));
});
afterEach(() => rm(cwd, { recursive: true }));

const file = (name: string, text: string): Promise<void> => writeFile(join(cwd, name), text);
const analyze = (...argv: string[]) => meshproof(['analyze', ...argv], { cwd });

/** 40 points around a level, with a small fixed wobble. */
const points = (level: number): number[] => Array.from({ length: 40 }, (_, i) => level + ((i * 7919) % 11) / 10);
const csv = (level: number): string =>
  `time,latency,errors\n${points(level)
    .map((x, i) => `${i},${x},${i % 3}`)
    .join('\n')}\n`;
const prometheus = (...levels: number[]): string =>
  JSON.stringify({
    status: 'success',
    data: {
      resultType: 'matrix',
      result: levels.map((level, i) => ({
        metric: { __name__: 'latency', pod: `p${i}` },
        values: points(level).map((x, t) => [t, String(x)]),
      })),
    },
  });

describe('analyze BASELINE CANDIDATE', () => {
  it('answers with the verdict as its exit code', async () => {
    await file('a.csv', csv(10));
    await file('b.csv', csv(20));
    expect(await analyze('a.csv', 'b.csv', '--metric', 'latency')).toMatchObject({ exit: 2 });
    expect(await analyze('a.csv', 'a.csv', '--metric', 'latency')).toMatchObject({ exit: 0 });
    const fewer = await analyze('a.csv', 'b.csv', '--judge', 'threshold', '--max', '15', '-o', 'json');
    const answer = JSON.parse(fewer.stdout) as { verdict: string; judge: string; metrics: { name: string }[] };
    expect(answer).toMatchObject({ judge: 'threshold', verdict: 'FAIL' });
    expect(answer.metrics.map((m) => m.name)).toEqual(['latency', 'errors']);
  });

  it('reads every format to the same verdict', async () => {
    await file('a.csv', csv(10));
    await file('b.json', JSON.stringify({ latency: points(20) }));
    await file('c.json', JSON.stringify(points(20)));
    await file('d.json', prometheus(20));
    const requests = points(20).map((ms) => JSON.stringify({ arm: 'candidate', status: 200, latencyMs: ms }));
    await file('e.ndjson', `${requests.join('\n')}\n`);
    for (const name of ['b.json', 'c.json', 'd.json'])
      for (const judge of ['sequential', 'kayenta']) {
        const { stdout, exit } = await analyze('a.csv', name, '--column', 'latency', '--judge', judge, '-o', 'json');
        expect({ name, judge, exit, verdict: (JSON.parse(stdout) as { verdict: string }).verdict }).toEqual({
          name,
          judge,
          exit: 2,
          verdict: 'FAIL',
        });
      }
    await file('f.json', JSON.stringify({ latencyMs: points(10) }));
    expect(await analyze('f.json', 'e.ndjson', '--metric', 'latencyMs')).toMatchObject({ exit: 2 });
  });

  it('pairs several series of Prometheus by their labels', async () => {
    await file('a.json', prometheus(10, 30));
    await file('b.json', prometheus(10, 90));
    const { stdout } = await analyze('a.json', 'b.json', '-o', 'json');
    const { metrics } = JSON.parse(stdout) as { metrics: { name: string; verdict: string }[] };
    expect(metrics.map(({ name, verdict }) => [name, verdict])).toEqual([
      ['latency{pod="p0"}', 'PASS'],
      ['latency{pod="p1"}', 'FAIL'],
    ]);
  });

  it('warns of missing points and goes on', async () => {
    await file('a.csv', `value\n${points(10).join('\n')}\nNaN\n`);
    await file('b.csv', `value\n${points(10).join('\n')}\n`);
    const { exit, stderr } = await analyze('a.csv', 'b.csv');
    expect(exit).toBe(0);
    expect(stderr).toContain('warning: value: baseline: 1 of 41 points are missing\n');
  });

  it.each([
    ['time,value\n1,2\n2,x\n', /a\.csv:3:1.*"x" in column value is not a number/],
    ['time,value\n1,2\n2\n', /a\.csv:3:1.*1 columns where the header has 2/],
    ['', /a\.csv:1:1.*the file is empty/],
    ['time,value\n', /a\.csv:1:1.*has no points/],
    ['1,2\n3,4\n', /a\.csv:1:1.*put a header above it/],
    ['{"latency": [1,\n NaN]}', /a\.csv:2:.*write null for a missing point/],
    ['{"latency": [1,\n "soon"]}', /a\.csv:2:1.*point 2 of latency is "soon"/],
    ['{"status":"error","error":"bad query"}', /a\.csv:1:1.*Prometheus answered: bad query/],
    ['{"a": [1], "b": [2]}', /b\.csv:1:1.*there is no metric "a" in this file/],
  ])('names file, line and what to do for %j', async (text, message) => {
    await file('a.csv', text);
    await file('b.csv', 'value\n1\n2\n');
    const { exit, stderr } = await analyze('a.csv', 'b.csv');
    expect(stderr).toMatch(message);
    expect(exit).toBe(65);
  });

  it('asks for a limit, and for two files', async () => {
    await file('a.csv', csv(10));
    expect(await analyze('a.csv', 'a.csv', '--judge', 'threshold')).toMatchObject({ exit: 64 });
    expect(await analyze('a.csv')).toMatchObject({ exit: 64 });
    expect(await analyze('a.csv', 'absent.csv')).toMatchObject({ exit: 65 });
  });
});
