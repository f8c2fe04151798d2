/** Every scenario as a person runs it: real processes, real sockets, its own users. Some at once, each on its own ports. */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
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
    const result = JSON.parse(said.slice(said.indexOf('{'))) as { scenario: string; shortfalls: unknown };
    expect(result).toMatchObject({ scenario: name, asExpected: true, shortfalls: [] });
  });
});

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
