/** Whole proxies over real sockets: from files, and in a mesh whose control plane follows a script. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createNetServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startProxy } from './main.ts';
import type { ProxyOptions, RunningProxy } from './main.ts';
import { gateway, overlay, service } from './testing/documents.ts';
import { ScriptedControl } from './testing/scripted-control.ts';

// A thread that runs from sources has a compiler to load first.
vi.setConfig({ testTimeout: 30_000 });

let folder: string;
let said: string;
let upstreams: Server[];
let v1: string;
let v2: string;
let running: RunningProxy[];
const log = pino({ level: 'info' }, { write: (line: string) => void (said += line) });

beforeEach(async () => {
  said = '';
  running = [];
  folder = await mkdtemp(join(tmpdir(), 'proxy-'));
  upstreams = ['v1', 'v2'].map((version) => createServer((_request, response) => response.end(version)));
  [v1 = '', v2 = ''] = await Promise.all(upstreams.map(listening));
});
afterEach(async () => {
  for (const proxy of running) await proxy.close(0);
  for (const server of upstreams) server.close();
  await rm(folder, { recursive: true });
});

function listening(server: Server): Promise<string> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${(server.address() as AddressInfo).port}`)),
  );
}

async function start(options: Omit<ProxyOptions, 'log'>): Promise<RunningProxy> {
  const proxy = await startProxy({ ...options, log });
  running.push(proxy);
  return proxy;
}

async function failureOf(options: Omit<ProxyOptions, 'log'>): Promise<unknown> {
  return start(options).then(
    () => 'it started',
    (error: unknown) => error,
  );
}

async function ask(proxy: RunningProxy): Promise<string> {
  const address = proxy.dataplane.config().listeners[0]?.address ?? 'nowhere';
  return (await fetch(`http://${address}/`, { headers: { connection: 'close' } })).text();
}

const yaml = (listen = '127.0.0.1:0', stable = 'v1'): string => `
apiVersion: meshproof.dev/v1
kind: Gateway
metadata: {name: edge}
spec: {listen: "${listen}", defaultService: reviews}
---
apiVersion: meshproof.dev/v1
kind: Service
metadata: {name: reviews}
spec:
  stable: ${stable}
  versions:
    v1: {endpoints: ["${v1}"]}
    v2: {endpoints: ["${v2}"]}
`;

async function file(text: string, name = 'mesh.yaml'): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

describe('a proxy from files', () => {
  it('serves what they say, and what they say now after they were read again', async () => {
    const path = await file(yaml());
    const proxy = await start({ files: [path], admin: '127.0.0.1:0' });
    expect(await ask(proxy)).toBe('v1');
    await file(yaml('127.0.0.1:0', 'v2'));
    expect(await proxy.reload()).toBe(true);
    expect(await ask(proxy)).toBe('v2');
    const metrics = await (await fetch(`http://${proxy.adminAddress}/metrics`)).text();
    expect(metrics).toContain(
      'meshproof_requests_total{service="reviews",version="v2",route="default",code_class="2xx"} 1',
    );
  });

  it('goes on with the old configuration when the files have become bad, and says why', async () => {
    const path = await file(yaml());
    const proxy = await start({ files: [path] });
    await file(yaml('127.0.0.1:0', 'v3'));
    expect(await proxy.reload()).toBe(false);
    expect(await ask(proxy)).toBe('v1');
    expect(said).toContain(`${path}:11:11: Service/reviews spec.stable`);
    expect(said).toContain('the files are refused; the old configuration goes on');
  });

  it('reads a folder, and says that an experiment in it needs a control plane', async () => {
    await file(yaml());
    await file(
      'apiVersion: meshproof.dev/v1\nkind: Canary\nmetadata: {name: c}\nspec: {service: reviews, baseline: v1, candidate: v2}\n',
      'canary.yaml',
    );
    await file('not: a document', 'notes.txt');
    expect(await ask(await start({ files: [folder] }))).toBe('v1');
    expect(said).toMatch(/"experiment":"Canary\/c".*needs a control plane/);
  });

  it('does not start with files that are wrong, and names every problem with its place', async () => {
    const path = await file(`${yaml('nowhere', 'v3')}\n---\nkind: Gate`);
    expect(await failureOf({ files: [path, join(folder, 'absent.yaml')], admin: '127.0.0.1:0' })).toMatchObject({
      code: 'DOCUMENT_INVALID',
      problems: [
        { file: path, line: 5, column: 16, path: 'Gateway/edge spec.listen' },
        { file: path, line: 17 },
        { file: join(folder, 'absent.yaml') },
        { file: path, line: 11, column: 11, path: 'Service/reviews spec.stable' },
      ],
    });
  });

  it('names the gateway and the address that is taken', async () => {
    const other = createNetServer();
    const taken = await new Promise<string>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${(other.address() as AddressInfo).port}`)),
    );
    const path = await file(yaml(taken));
    const error = await failureOf({ files: [path] });
    other.close();
    expect(error).toMatchObject({ code: 'ADDRESS_IN_USE', detail: expect.stringContaining(taken) });
    expect(error).toMatchObject({ detail: expect.stringContaining('edge') });
  });

  it('takes up files whose address was taken when it is free again', async () => {
    const other = createNetServer();
    const taken = await new Promise<string>((resolve) =>
      other.listen(0, '127.0.0.1', () => resolve(`127.0.0.1:${(other.address() as AddressInfo).port}`)),
    );
    const proxy = await start({ files: [await file(yaml())] });
    await file(yaml(taken, 'v2'));
    expect(await proxy.reload()).toBe(false);
    expect(await ask(proxy)).toBe('v1');
    other.close();
    await expect.poll(() => proxy.dataplane.config().listeners[0]?.address, { timeout: 10_000 }).toBe(taken);
    expect(await ask(proxy)).toBe('v2');
  });

  it('listens to SIGHUP while it runs, and no longer', async () => {
    const before = process.listenerCount('SIGHUP');
    const proxy = await start({ files: [await file(yaml())] });
    expect(process.listenerCount('SIGHUP')).toBeGreaterThan(before);
    await proxy.close(0);
    expect(process.listenerCount('SIGHUP')).toBe(before);
  });

  it('is refused options that do not go together', async () => {
    expect(await failureOf({})).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await failureOf({ files: [], control: 'x' })).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await failureOf({ control: '127.0.0.1:1' })).toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('a proxy of a mesh', () => {
  let control: ScriptedControl;
  const node = { id: 'edge', role: 'gateway', gateways: ['edge'] } as const;
  const documents = (): ReturnType<typeof service>[] => [
    gateway('edge', '127.0.0.1:0', 'reviews'),
    service('reviews', v1, v2),
  ];
  beforeEach(async () => {
    control = await ScriptedControl.start();
  });
  afterEach(() => control.close());

  async function joined(more: Partial<ProxyOptions> = {}): Promise<RunningProxy> {
    const proxy = await start({ control: `127.0.0.1:${control.port}`, node: { ...node, gateways: ['edge'] }, ...more });
    await control.next('hello');
    control.say({ type: 'snapshot', version: 1, documents: documents() });
    await control.next('ack');
    return proxy;
  }

  it('serves the baseline, the candidate under an overlay, and the baseline again when it is halted', async () => {
    const proxy = await joined({ admin: '127.0.0.1:0' });
    expect(await ask(proxy)).toBe('v1');
    control.say({ type: 'overlays', revision: 1, overlays: [overlay('run')] });
    expect(await control.next('overlays-ack')).toMatchObject({ refused: [] });
    expect(await ask(proxy)).toBe('v2');
    expect((await fetch(`http://${proxy.adminAddress}/halt`, { method: 'POST' })).status).toBe(200);
    expect(await ask(proxy)).toBe('v1');
    await control.next('halted');
    control.say({ type: 'overlays', revision: 2, overlays: [overlay('run')] });
    expect(await control.next('overlays-ack')).toMatchObject({ refused: [{ experimentId: 'run' }] });
    expect(await ask(proxy)).toBe('v1');
  });

  it('reports what it counted, arms too, to the last request', async () => {
    const proxy = await joined();
    control.say({ type: 'overlays', revision: 1, overlays: [overlay('run')] });
    await control.next('overlays-ack');
    for (let i = 0; i < 5; i++) await ask(proxy);
    await proxy.close();
    const reports = control.heard.filter((m) => m.type === 'telemetry');
    const arms = reports.flatMap((r) => r.arms).filter((a) => a.experimentId === 'run' && a.arm === 'candidate');
    expect(arms.reduce((sum, a) => sum + a.requests, 0)).toBe(5);
    expect(reports.flatMap((r) => r.traffic).reduce((sum, t) => sum + (t.codes['200'] ?? 0), 0)).toBe(5);
  });

  it('goes on with its configuration when a new one is refused', async () => {
    const proxy = await joined();
    control.say({ type: 'snapshot', version: 2, documents: [gateway('edge', '127.0.0.1:0', 'absent')] });
    expect(await control.next('nack')).toMatchObject({ version: 2, code: 'CONFIG_REFUSED' });
    expect(await ask(proxy)).toBe('v1');
  });

  it('starts from disk without its control plane, and without any overlay', async () => {
    const dataDir = join(folder, 'data');
    const first = await joined({ dataDir });
    control.say({ type: 'overlays', revision: 1, overlays: [overlay('run')] });
    await control.next('overlays-ack');
    await first.close(0);
    const { port } = control;
    await control.close();
    const second = await start({
      control: `127.0.0.1:${port}`,
      node: { ...node, gateways: ['edge'] },
      dataDir,
    });
    expect(second.dataplane.ready()).toBe(true);
    expect(await ask(second)).toBe('v1');
    expect(second.dataplane.config()).toMatchObject({ version: 1, overlays: [] });
  });

  it('starts with a copy on disk that is damaged, says so, and takes what the control plane has', async () => {
    await file('{"format":1,', 'snapshot.json');
    const proxy = await joined({ dataDir: folder });
    expect(said).toContain('the configuration on disk cannot be read; it is ignored');
    expect(await ask(proxy)).toBe('v1');
  });
});
