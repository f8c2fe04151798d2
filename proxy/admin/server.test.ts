/** The admin server for real: its thread, its sockets, and a traffic thread that is stuck. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { request } from 'node:http';
import { Worker } from 'node:worker_threads';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { MeshproofError } from '../../contracts/errors.ts';
import { HaltSwitch } from '../halt-switch.ts';
import { FakeDataplane } from '../testing/fake-dataplane.ts';
import { AdminServer } from './server.ts';

// A thread that runs from sources has a compiler to load first.
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });
const log = pino({ level: 'silent' });

describe('the admin server', () => {
  const dataplane = new FakeDataplane();
  const halt = new HaltSwitch();
  let onHalted = (): void => {};
  let admin: AdminServer;

  // One thread for all: it keeps no state of its own.
  beforeAll(async () => {
    admin = await AdminServer.start({ listen: '127.0.0.1:0', dataplane, halt, onHalted: () => onHalted(), log });
  });
  afterAll(() => admin.close());

  const get = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`http://${admin.address}${path}`, init);

  it('is ready when the data plane is, and 503 otherwise', async () => {
    expect((await get('/ready')).status).toBe(200);
    dataplane.isReady = false;
    expect((await get('/ready')).status).toBe(503);
    dataplane.isReady = true;
  });

  it('shows the stack as JSON, and as a list to who asks for text', async () => {
    expect(await (await get('/stack')).json()).toEqual({ stack: dataplane.stack() });
    const list = await (await get('/stack', { headers: { accept: 'text/plain' } })).text();
    expect(list.split('\n')[0]).toBe('1. rescue    every failure becomes one marked response');
  });

  it('shows the configuration that is in force', async () => {
    dataplane.version = 7;
    expect(await (await get('/endpoints')).json()).toEqual({ endpoints: [] });
    expect(await (await get('/config')).json()).toMatchObject({ version: 7, documents: [] });
  });

  it('exposes metrics, those of the process among them', async () => {
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toContain('version=0.0.4');
    const text = await response.text();
    expect(text).toContain('meshproof_requests_in_flight 0\n');
    expect(text).toMatch(/\nprocess_resident_memory_bytes [1-9]\d+\n/);
  });

  it('halts at a POST, tells the traffic thread, and at nothing else', async () => {
    const { generation } = halt;
    const told = new Promise<void>((resolve) => (onHalted = resolve));
    expect((await get('/halt')).status).toBe(405);
    expect(halt.generation).toBe(generation);
    const response = await get('/halt', { method: 'POST' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ halted: true });
    expect(halt.generation).toBe(generation + 1);
    await told;
  });

  it('is halted while a file exists, whatever is declared meanwhile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'meshproof-halt-'));
    const haltFile = join(folder, 'HALT');
    const own = new HaltSwitch();
    const told: boolean[] = [];
    const onHalted = (again: boolean): void => void told.push(again);
    const other = await AdminServer.start({ listen: '127.0.0.1:0', dataplane, halt: own, onHalted, haltFile, log });
    expect(own.generation).toBe(0);
    writeFileSync(haltFile, '');
    await vi.waitUntil(() => told.length >= 2, { timeout: 10_000 });
    expect(told.slice(0, 2)).toEqual([false, true]);
    const declaredNow = own.generation;
    await vi.waitUntil(() => own.generation > declaredNow, { timeout: 10_000 });
    await other.close();
    rmSync(folder, { recursive: true });
  });

  it('refuses to halt for a page of another origin, or under a name that was rebound to us', async () => {
    const { generation } = halt;
    const port = admin.address.split(':')[1];
    expect(await post(admin.address, { origin: 'http://evil.example' })).toBe(403);
    expect(await post(admin.address, { host: `evil.example:${port}`, origin: `http://evil.example:${port}` })).toBe(
      403,
    );
    expect(halt.generation).toBe(generation);
    expect(await post(admin.address, { host: `localhost:${port}` })).toBe(200);
    expect(halt.generation).toBe(generation + 1);
  });

  it('answers an unknown path with the list of those that exist', async () => {
    const response = await get('/nope');
    expect(response.status).toBe(404);
    const body = JSON.stringify(await response.json());
    for (const path of ['/ready', '/metrics', '/stack', '/config', '/endpoints', '/healthz', '/halt'])
      expect(body).toContain(path);
  });

  it('answers, and lives on, when the data plane throws', async () => {
    const broken = vi.spyOn(dataplane, 'metrics').mockImplementation(() => {
      throw new Error('broken inside');
    });
    const response = await get('/metrics');
    broken.mockRestore();
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ error: { code: 'INTERNAL' } });
    expect((await get('/ready')).status).toBe(200);
  });

  it('comes back at the same address when its thread ends by itself', async () => {
    const { address } = admin;
    const spy = vi.spyOn(Worker.prototype, 'postMessage');
    await get('/ready');
    const [worker] = spy.mock.contexts;
    spy.mockRestore();
    if (!(worker instanceof Worker)) throw new Error('no answer went to a thread');
    await worker.terminate();
    await vi.waitUntil(() => get('/ready').then(({ ok }) => ok, isRefused), { timeout: 20_000, interval: 50 });
    expect(admin.address).toBe(address);
  });

  it('says who wants an address that is taken', async () => {
    const second = AdminServer.start({ listen: admin.address, dataplane, halt, onHalted: () => {}, log });
    const error = await second.then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(MeshproofError);
    expect(error).toMatchObject({
      code: 'ADDRESS_IN_USE',
      detail: expect.stringContaining(`${admin.address} (admin)`),
    });
  });
});

describe('a traffic thread that is stuck', () => {
  it('is halted all the same, and is reported as not answering', async () => {
    const program = fileURLToPath(new URL('../testing/stuck-proxy.ts', import.meta.url));
    const loader = new URL('../testing/strip-types.mjs', import.meta.url).href;
    const child = spawn(process.execPath, ['--import', loader, program], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      const next = async (): Promise<unknown> => (await lines.next()).value;
      const address = String(await next());
      expect((await fetch(`http://${address}/ready`)).status).toBe(200);
      child.stdin.write('go\n');
      expect(await next()).toBe('stuck');
      const ready = await fetch(`http://${address}/ready`);
      expect(ready.status).toBe(503);
      expect(await ready.json()).toMatchObject({ error: { code: 'TRAFFIC_THREAD_STUCK' } });
      expect((await fetch(`http://${address}/healthz`)).status).toBe(200);
      expect((await fetch(`http://${address}/halt`, { method: 'POST' })).status).toBe(200);
      expect(await next()).toBe('halted');
      expect(await next()).toBe('told');
    } finally {
      child.kill();
    }
  });
});

/** @returns false @throws what is no failure to connect */
function isRefused(error: unknown): false {
  if (error instanceof TypeError) return false;
  throw error;
}

/** A POST to /halt with headers that fetch would not let us set. */
function post(address: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const [host, port] = address.split(':');
    request({ host, port, path: '/halt', method: 'POST', headers, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}
