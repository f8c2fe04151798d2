/** `up` as a person runs it: the built program, the sample shop, real processes. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFree } from '../free-port.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'bin/meshproof');

type State = { readonly supervisor: { pid: number }; readonly children: readonly { pid: number; name: string }[] };

type Journal = {
  readonly entries: readonly { readonly type: string; readonly data: { readonly hits?: Record<string, number> } }[];
};

/** The shop does without its ratings badly; it only has to be there before. */
const CHAOS = `
apiVersion: meshproof.dev/v1
kind: Chaos
metadata: {name: outage}
spec:
  service: storefront
  steadyState: {metrics: [{name: success-rate, min: 1}], requests: 5}
  before: 1s
  recovery: 2s
  deadline: 2m
  faults:
    - {name: paused, for: 1s, process: {service: ratings, pause: true}}
    - {name: busy, at: 1s, for: 6s, process: {service: ratings, version: v1, cpu: {cores: 1}}}
    - {name: full, at: 1s, for: 6s, process: {service: ratings, memory: {megabytes: 20}}}
    - {name: away, at: 2s, for: 1500ms, process: {service: ratings, version: v1, down: true}}
    - {name: killed, at: 2s, for: 1s, process: {service: catalog, kill: true}}
`;

/** A block of ports that nobody listens on now, and the shop moved there. */
async function shopAt(folder: string): Promise<{ file: string; control: string; gateway: string }> {
  const base = await freeBlock();
  const text = readFileSync(join(ROOT, 'scenarios/shop/shop.yaml'), 'utf8')
    .replaceAll(/127\.0\.0\.1:99(\d\d)/g, (_, nn: string) => `127.0.0.1:${base + Number(nn)}`)
    .replaceAll('../../dist', join(ROOT, 'dist'));
  const file = join(folder, 'shop.yaml');
  writeFileSync(file, text);
  return { file, control: `127.0.0.1:${base}`, gateway: `http://127.0.0.1:${base + 1}` };
}

async function freeBlock(): Promise<number> {
  for (;;) {
    // Below the range that the system takes ports of outgoing connections from (Linux: from 32768).
    const base = 20_000 + Math.floor(Math.random() * 120) * 100;
    const free = await Promise.all([0, 1, 11, 12, 13, 14, 15, 16, 21, 23, 24, 25].map((n) => isFree(base + n)));
    if (free.every(Boolean)) return base;
  }
}

function stateOf(folder: string): State | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, '.meshproof/up.json'), 'utf8')) as State;
  } catch {
    return undefined;
  }
}

function lives(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}

describe('meshproof up', { timeout: 90_000 }, () => {
  let folder = '';
  let supervisor: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshproof-e2e-'));
  });
  afterEach(() => {
    spawnSync(process.execPath, [PROGRAM, 'down'], { cwd: folder });
    if (supervisor?.exitCode === null) supervisor.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  async function up(): Promise<{ state: State; shop: Awaited<ReturnType<typeof shopAt>>; ended: Promise<number> }> {
    const shop = await shopAt(folder);
    const child = spawn(process.execPath, [PROGRAM, 'up', '-f', 'shop.yaml', '--listen', shop.control], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    supervisor = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
    const ended = new Promise<number>((done) => child.once('exit', (code) => done(code ?? -1)));
    await expect
      .poll(() => stateOf(folder) ?? (child.exitCode === null ? undefined : said), { timeout: 60_000 })
      .toBeDefined();
    const state = stateOf(folder);
    if (!state) throw new Error(`up ended early: ${said}`);
    return { state, shop, ended };
  }

  it('brings the whole shop up, answers through the gateway, and down ends all of it', async () => {
    const { state, shop, ended } = await up();
    const page = await fetch(`${shop.gateway}/products/7`);
    expect(page.status).toBe(200);
    expect(await page.json()).toMatchObject({ item: { product: 7 }, opinions: { product: 7 } });
    expect(state.children.length).toBe(12);
    const down = spawnSync(process.execPath, [PROGRAM, 'down'], { cwd: folder, encoding: 'utf8' });
    expect(down.stdout).toBe('stopped 13 processes\n');
    expect(await ended).toBe(143);
    expect(state.children.filter(({ pid }) => lives(pid))).toEqual([]);
  });

  it('leaves nothing behind when it is killed itself', async () => {
    const { state } = await up();
    process.kill(state.supervisor.pid, 'SIGKILL');
    await expect.poll(() => state.children.filter(({ pid }) => lives(pid)), { timeout: 15_000 }).toEqual([]);
  });

  it('breaks processes for a Chaos experiment, one way after the other, and puts all of it right again', async () => {
    const { state, shop } = await up();
    const ratings = () => state.children.filter(({ name }) => name === 'ratings-v1').filter(({ pid }) => lives(pid));
    expect(ratings()).toHaveLength(1);
    writeFileSync(join(folder, 'chaos.yaml'), CHAOS);
    const users = setInterval(() => void fetch(`${shop.gateway}/products/7`).catch(() => undefined), 20);
    const run = spawn(
      process.execPath,
      [PROGRAM, 'run', 'chaos.yaml', '--wait', '--server', `http://${shop.control}`],
      {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let said = '';
    for (const stream of [run.stdout, run.stderr]) stream.on('data', (text) => (said += String(text)));
    const code = await new Promise<number | null>((done) => run.once('exit', done));
    clearInterval(users);
    expect(code, said).toBe(0);
    const ended = (await (await fetch(`http://${shop.control}/api/v1/experiments/outage/journal`)).json()) as Journal;
    const over = ended.entries.find(({ type }) => type === 'faults-over');
    expect(over?.data.hits, said).toEqual({ paused: 1, away: 1, busy: 1, full: 1, killed: 1 });
    expect(ratings(), 'the first process was killed').toHaveLength(0);
    await expect.poll(async () => (await fetch(`${shop.gateway}/products/7`)).status, { timeout: 20_000 }).toBe(200);
    const { stdout } = spawnSync('ps', ['-eo', 'args='], { encoding: 'utf8' });
    expect(stdout).not.toContain(join(ROOT, 'dist/cli/up/pressure.js'));
  });

  it('says which document asks for a port that is taken, and starts nothing', async () => {
    const shop = await shopAt(folder);
    const port = Number(shop.gateway.split(':')[2]);
    const server = createServer();
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
    const result = spawnSync(process.execPath, [PROGRAM, 'up', '-f', 'shop.yaml', '--listen', shop.control], {
      cwd: folder,
      encoding: 'utf8',
    });
    await new Promise((done) => server.close(done));
    expect(result.status).toBe(5);
    expect(result.stderr).toContain(`127.0.0.1:${port} (in use), which Gateway/edge asks for (shop.yaml:6)`);
    expect(stateOf(folder)).toBeUndefined();
  });
});
