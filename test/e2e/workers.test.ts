/** `proxy --workers`: one view of several processes, a worker that dies, and a restart under load that loses nothing. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const PROGRAM = join(resolve(import.meta.dirname, '../..'), 'bin/meshproof');

type Running = { readonly child: ChildProcess; readonly gateway: string; readonly admin: string };
const cleanUp: (() => void)[] = [];

async function start(more = ''): Promise<Running> {
  const upstream = createServer((_, response) => response.end('fine'));
  await new Promise<void>((open) => upstream.listen(0, '127.0.0.1', open));
  const folder = mkdtempSync(join(tmpdir(), 'meshproof-workers-'));
  const file = join(folder, 'mesh.yaml');
  const port = (upstream.address() as AddressInfo).port;
  writeFileSync(
    file,
    `apiVersion: meshproof.dev/v1
kind: Gateway
metadata: {name: edge}
spec: {listen: "127.0.0.1:0", defaultService: shop}
---
apiVersion: meshproof.dev/v1
kind: Service
metadata: {name: shop}
spec: {stable: v1, versions: {v1: {endpoints: ["127.0.0.1:${port}"]}}}
${more}`,
  );
  const args = [PROGRAM, 'proxy', '-f', file, '--workers', '2', '--admin', '127.0.0.1:0', '--log-level', 'error'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  cleanUp.push(() => {
    if (child.exitCode === null) child.kill('SIGKILL');
    upstream.close();
    rmSync(folder, { recursive: true, force: true });
  });
  let said = '';
  child.stderr.on('data', (text) => (said += String(text)));
  await expect.poll(() => said, { timeout: 30_000 }).toMatch(/admin: /);
  const gateway = /gateway edge: (http:\/\/[^/]+)/.exec(said)?.[1] ?? '';
  const admin = /admin: (http:\/\/[^/]+)/.exec(said)?.[1] ?? '';
  return { child, gateway, admin };
}

async function requestsSeen(admin: string): Promise<number> {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return Number(/meshproof_requests_total\{.*code_class="2xx".*\} (\d+)/.exec(text)?.[1] ?? 0);
}

/** One request over the agent's connections. @returns the status */
function ask(agent: Agent, url: string): Promise<number> {
  return new Promise((done, fail) => {
    get(url, { agent }, (response) => {
      response.resume();
      response.on('end', () => done(response.statusCode ?? 0));
      response.on('error', fail);
    }).on('error', fail);
  });
}

describe('meshproof proxy --workers', { timeout: 90_000 }, () => {
  afterEach(() => {
    for (const undo of cleanUp.splice(0)) undo();
  });

  it('counts all requests in one place, whichever process carried them, and ends with SIGTERM', async () => {
    const { child, gateway, admin } = await start();
    for (let i = 0; i < 20; i++) expect(await ask(new Agent(), gateway)).toBe(200);
    expect(await requestsSeen(admin)).toBe(20);
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
  });

  it('replaces its processes at SIGUSR2 while requests come, and none is lost', async () => {
    const { child, gateway } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const statuses = new Set<number>();
    let asked = 0;
    let running = true;
    const load = Array.from({ length: 8 }, async () => {
      while (running) {
        statuses.add(await ask(agent, gateway));
        asked++;
      }
    });
    const workersOf = async (): Promise<string> => {
      const { execFileSync } = await import('node:child_process');
      return execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' });
    };
    const before = (await workersOf()).trim().split(/\s+/);
    child.kill('SIGUSR2');
    await expect
      .poll(
        async () =>
          (await workersOf())
            .trim()
            .split(/\s+/)
            .some((pid) => before.includes(pid)),
        { timeout: 40_000 },
      )
      .toBe(false);
    const after = asked;
    await expect.poll(() => asked, { timeout: 10_000 }).toBeGreaterThan(after + 50);
    running = false;
    await Promise.all(load);
    agent.destroy();
    expect([...statuses]).toEqual([200]);
  });

  it('lets no more pass than a rate limit says, whichever process is asked', async () => {
    const route = `---
apiVersion: meshproof.dev/v1
kind: Route
metadata: {name: shop}
spec: {service: shop, rules: [{rateLimit: {requests: 7, per: 1h}}]}
`;
    const { gateway } = await start(route);
    const statuses: number[] = [];
    for (let i = 0; i < 20; i++) statuses.push(await ask(new Agent(), gateway));
    expect(statuses.filter((status) => status === 200)).toHaveLength(7);
    expect(statuses.filter((status) => status === 429)).toHaveLength(13);
  });

  it('starts a worker anew that was killed', async () => {
    const { child, gateway } = await start();
    const { execFileSync } = await import('node:child_process');
    const pids = (): number[] =>
      execFileSync('ps', ['-o', 'pid=', '--ppid', String(child.pid)], { encoding: 'utf8' })
        .trim()
        .split(/\s+/)
        .map(Number);
    const [victim = 0] = pids();
    process.kill(victim, 'SIGKILL');
    await expect.poll(() => pids().filter((pid) => pid !== victim).length, { timeout: 20_000 }).toBe(2);
    await expect.poll(() => ask(new Agent(), gateway).catch(() => 0), { timeout: 10_000 }).toBe(200);
  });
});
