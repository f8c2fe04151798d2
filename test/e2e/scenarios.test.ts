/**
 * Every scenario as a person runs it: real processes, real sockets, its own users. Some at once, each on its own ports. Then
 * a few without what their story is about: their verdicts must be others, or the scenarios would show nothing.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { listScenarios } from '../../cli/scenario/story.ts';
import { Hands } from '../../scenarios/shop/hands.ts';
import { isFree } from '../free-port.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const AT_ONCE = 4;
/** The ports of a scenario are a block; blocks stand so far apart. */
const BLOCK = 50;
const PORTS_USED = 30;

const turns = new Hands(AT_ONCE);
const scenarios = await listScenarios();
let nextBlock = Math.floor(Math.random() * 100);

describe.concurrent('the scenarios', { timeout: 600_000 }, () => {
  it.each(scenarios.map(({ name, story }) => [name, story.expect.verdict] as const))('%s: %s', async (name) => {
    const { code, said } = await turns.do(async () => play(name, await freeBlock()));
    expect(code, said).toBe(0);
    expect(resultIn(said)).toMatchObject({ scenario: name, asExpected: true, shortfalls: [] });
  });
});

type Change = {
  readonly of: string;
  readonly what: string;
  readonly verdict: string;
  readonly file: string;
  readonly replace: string;
  readonly by: string;
};

const ALTERED: readonly Change[] = [
  {
    of: 'cold-cache',
    what: 'judged from the first request',
    verdict: 'FAIL',
    file: 'experiment.yaml',
    replace: 'warmup: 4s',
    by: 'warmup: 0s',
  },
  {
    of: 'no-traffic',
    what: 'with users',
    verdict: 'FAIL',
    file: 'README.md',
    replace: 'expect:',
    by: 'traffic: [{name: users, rate: 60, lost: {}}]\nexpect:',
  },
  {
    of: 'shadow-of-a-rewrite',
    what: 'that answers alike',
    verdict: 'PASS',
    file: 'mesh.yaml',
    replace: '"differsPercent": 10',
    by: '"differsPercent": 0',
  },
  {
    of: 'partial-partition',
    what: 'without retries',
    verdict: 'FAIL',
    file: 'mesh.yaml',
    replace: 'attempts: 5, on: [connect-failure]',
    by: 'attempts: 1, on: [resource-exhausted]',
  },
  {
    of: 'noisy-neighbour',
    what: 'without a limit',
    verdict: 'FAIL',
    file: 'mesh.yaml',
    replace: 'requests: 60',
    by: 'requests: 100000',
  },
];

describe.concurrent('a scenario without what its story is about', { timeout: 600_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'meshproof-altered-'));
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(ALTERED.map((change) => [`${change.of} ${change.what}`, change.verdict, change] as const))(
    '%s: %s',
    async (_what, verdict, change) => {
      const { said } = await turns.do(async () => play(altered(folder, change), await freeBlock()));
      expect(resultIn(said).view.verdict, said).toBe(verdict);
    },
  );
});

/** A copy of a scenario with one text in it changed. @returns its folder */
function altered(into: string, { of, file, replace, by }: Change): string {
  const folder = join(into, of);
  cpSync(join(ROOT, 'scenarios', of), folder, { recursive: true });
  const edit = (name: string, from: string, to: string): void => {
    const text = readFileSync(join(folder, name), 'utf8');
    expect(text).toContain(from);
    writeFileSync(join(folder, name), text.replaceAll(from, to));
  };
  edit('mesh.yaml', '../../dist', join(ROOT, 'dist'));
  edit(file, replace, by);
  return folder;
}

type Result = { readonly scenario: string; readonly shortfalls: unknown; readonly view: { readonly verdict: string } };

/** What it printed as JSON, after what it told meanwhile. */
function resultIn(said: string): Result {
  const start = said.search(/^\{$/m);
  expect(start, said).toBeGreaterThanOrEqual(0);
  return JSON.parse(said.slice(start)) as Result;
}

async function play(name: string, base: number): Promise<{ code: number; said: string }> {
  const args = [join(ROOT, 'bin/meshproof'), 'scenario', 'run', name, '-o', 'json', '--port-base', String(base)];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const code = await new Promise<number>((done) => child.once('close', (value) => done(value ?? -1)));
  return { code, said };
}

/** The first of a block of ports that nobody listens on, below those that systems take for outgoing connections. */
async function freeBlock(): Promise<number> {
  for (;;) {
    const base = 13_000 + (nextBlock++ % 140) * BLOCK;
    const free = await Promise.all(Array.from({ length: PORTS_USED }, (_, i) => isFree(base + i)));
    if (free.every(Boolean)) return base;
  }
}
