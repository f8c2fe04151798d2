/** mTLS between the services of `up`, which nothing but `inbound` asks for: the built program, real processes. */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';

const PROGRAM = resolve(import.meta.dirname, '../../bin/meshproof');

/** Answers who asked, as its sidecar says. */
const APPLICATION = `
import { createServer } from 'node:http';
createServer((request, response) => {
  response.end(request.headers['x-forwarded-client-cert'] ?? 'nobody');
}).listen(process.env.PORT, '127.0.0.1');
`;

type Ports = Record<'control' | 'edge' | 'other' | 'shop' | 'inbound', number>;

const mesh = ({ edge, other, shop, inbound }: Ports): string => `apiVersion: meshproof.dev/v1
kind: Gateway
metadata: {name: edge}
spec: {listen: "127.0.0.1:${edge}", defaultService: shop}
---
apiVersion: meshproof.dev/v1
kind: Gateway
metadata: {name: other}
spec: {listen: "127.0.0.1:${other}", defaultService: shop}
---
apiVersion: meshproof.dev/v1
kind: Service
metadata: {name: shop}
spec:
  stable: v1
  versions:
    v1:
      endpoints: ["127.0.0.1:${shop}"]
      inbound: 127.0.0.1:${inbound}
      run: {command: [node, application.mjs]}
---
apiVersion: meshproof.dev/v1
kind: AccessPolicy
metadata: {name: shop}
spec: {service: shop, rules: [{from: [gateway/edge]}], default: deny}
`;

describe('the services of meshproof up', { timeout: 90_000 }, () => {
  let folder = '';
  let supervisor: ChildProcess | undefined;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshproof-mtls-'));
  });
  afterEach(() => {
    spawnSync(process.execPath, [PROGRAM, 'down'], { cwd: folder });
    if (supervisor?.exitCode === null) supervisor.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  const meshproof = (...args: string[]): string =>
    spawnSync(process.execPath, [PROGRAM, ...args], { cwd: folder, encoding: 'utf8', timeout: 30_000 }).stdout;

  async function up(): Promise<Ports> {
    const ports: Ports = { control: 0, edge: 0, other: 0, shop: 0, inbound: 0 };
    for (const name of Object.keys(ports) as (keyof Ports)[]) ports[name] = await freePort();
    writeFileSync(join(folder, 'application.mjs'), APPLICATION);
    writeFileSync(join(folder, 'mesh.yaml'), mesh(ports));
    const args = ['up', '-f', 'mesh.yaml', '--listen', `127.0.0.1:${ports.control}`];
    const child = spawn(process.execPath, [PROGRAM, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    supervisor = child;
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
    const isUp = (): boolean => readState(folder) !== undefined || child.exitCode !== null;
    await expect.poll(isUp, { timeout: 60_000 }).toBe(true);
    expect(child.exitCode, said).toBeNull();
    return ports;
  }

  it('know each other by certificates that nobody had to make, and let in who may come', async () => {
    const ports = await up();
    const get = (port: number): Promise<Response> => fetch(`http://127.0.0.1:${port}/`);
    const told = await get(ports.edge);
    expect([told.status, await told.text()]).toEqual([
      200,
      'By=spiffe://meshproof.local/service/shop;URI=spiffe://meshproof.local/gateway/edge',
    ]);
    const refused = await get(ports.other);
    expect([refused.status, refused.headers.get('x-meshproof-error')]).toEqual([403, 'ACCESS_DENIED']);
    await expect(get(ports.inbound), 'who has no certificate gets nothing').rejects.toThrow();

    const shown = JSON.parse(meshproof('ca', 'show', '-o', 'json', '--server', `http://127.0.0.1:${ports.control}`));
    expect(shown).toMatchObject({
      trustDomain: 'meshproof.local',
      issued: 3,
      refused: 0,
      roots: [{ stage: 'signing' }],
    });
    const token = meshproof('ca', 'token', 'shop', '--data', '.meshproof/control').trim();
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(readFileSync(join(folder, '.meshproof/logs/shop-v1-sidecar.log'), 'utf8')).not.toContain(token);
  });
});

function readState(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, '.meshproof/up.json'), 'utf8');
  } catch {
    return undefined;
  }
}
