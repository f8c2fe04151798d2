import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseFile } from '../../contracts/parse.ts';
import { LocalMesh } from './mesh.ts';
import { planUp } from './plan.ts';
import { isAlive } from './process-group.ts';

const SCRIPT = fileURLToPath(new URL('../testing/fake-planes.mjs', import.meta.url));

/** Answers at PORT, has a child of its own, and ends when asked at /die. */
const SERVICE = `
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
const grandchild = spawn('sleep', ['60'], { stdio: 'ignore' });
writeFileSync('grandchild.pid', String(grandchild.pid));
createServer((request, response) => {
  if (request.url === '/die') process.exit(3);
  response.end(process.env.MESHPROOF_SERVICE);
}).listen(process.env.PORT, '127.0.0.1');
`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

describe('a local mesh', { timeout: 30_000 }, () => {
  let folder = '';
  let mesh: LocalMesh | undefined;
  let port = 0;
  const told: string[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meshproof-up-'));
    writeFileSync(join(folder, 'service.mjs'), SERVICE);
    told.length = 0;
  });
  afterEach(async () => {
    await mesh?.stop();
    mesh = undefined;
    rmSync(folder, { recursive: true });
  });

  async function start(command: string): Promise<LocalMesh> {
    port = await freePort();
    const control = `127.0.0.1:${await freePort()}`;
    const text = `apiVersion: meshproof.dev/v1
kind: Gateway
metadata: {name: edge}
spec: {listen: "127.0.0.1:${await freePort()}", defaultService: shop}
---
apiVersion: meshproof.dev/v1
kind: Service
metadata: {name: shop}
spec:
  stable: v1
  versions:
    v1:
      endpoints: ["127.0.0.1:${port}"]
      outbound: "127.0.0.1:${await freePort()}"
      run: {command: ${command}, ready: {path: /}}
`;
    const { documents } = parseFile(join(folder, 'mesh.yaml'), text);
    const self = { program: process.execPath, script: SCRIPT };
    const plan = planUp(documents, { control, dataDir: folder, cwd: folder, self });
    const tell = (line: string): void => {
      told.push(line);
    };
    mesh = await LocalMesh.start({ plan, dataDir: folder, control, tell, signal: new AbortController().signal });
    return mesh;
  }

  it('comes up in full, and stops without leaving a process behind, grandchildren included', async () => {
    const running = await start('[node, service.mjs]');
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('shop');
    const processes = running.processes();
    expect(processes.map((p) => p.name).sort()).toEqual(['control', 'edge', 'shop-v1', 'shop-v1-sidecar']);
    const grandchild = Number(readFileSync(join(folder, 'grandchild.pid'), 'utf8'));
    expect(isAlive(grandchild)).toBe(true);
    await running.stop();
    for (const { pid } of processes) expect(pid !== undefined && isAlive(pid)).toBe(false);
    await expect.poll(() => isAlive(grandchild)).toBe(false);
  });

  it('starts what dies again, and says so', async () => {
    const running = await start('[node, service.mjs]');
    const before = running.processes().find((p) => p.role === 'service')?.pid;
    await fetch(`http://127.0.0.1:${port}/die`).catch(() => undefined);
    await expect.poll(() => answers(port), { timeout: 10_000 }).toBe(true);
    expect(running.processes().find((p) => p.role === 'service')?.pid).not.toBe(before);
    expect(told.join('\n')).toContain('shop-v1 ended with code 3; starting it again in 200 ms');
  });

  it('starts the control plane again when it is killed', async () => {
    const running = await start('[node, service.mjs]');
    const pid = running.processes().find((p) => p.role === 'control')?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await expect.poll(() => told.some((line) => line.startsWith('control was ended by SIGKILL'))).toBe(true);
    await expect
      .poll(
        () =>
          running.client.health().then(
            () => true,
            () => false,
          ),
        { timeout: 10_000 },
      )
      .toBe(true);
  });

  it('says what a process printed when it does not come up, and stops the rest', async () => {
    const command = `[node, -e, "console.error('no database'); process.exit(9)"]`;
    await expect(start(command)).rejects.toThrow(/shop-v1 ended with code 9; its log is .*\n +no database/);
  });
});

async function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/`).then(
    (answer) => answer.ok,
    () => false,
  );
}
