/** `tap` and `stat` from the command line, with a control plane, a proxy and a service. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { meshproof } from '../cli/testing/fake-terminal.ts';
import { startControl } from '../control/main.ts';
import { startProxy } from '../proxy/main.ts';
import { freePort } from './free-port.ts';

const apiVersion = 'meshproof.dev/v1';

/** @returns the address of the control plane, and that of the gateway */
async function mesh(): Promise<{ server: string; gateway: string }> {
  const log = pino({ level: 'silent' });
  const dataDir = mkdtempSync(join(tmpdir(), 'meshproof-tap-'));
  const upstream = createServer((request, response) => response.writeHead(request.url === '/pay' ? 503 : 200).end());
  await new Promise<void>((open) => upstream.listen(0, '127.0.0.1', open));
  const control = await startControl({ listen: '127.0.0.1:0', dataDir, log });
  const server = `http://${control.address}`;
  const gateway = `127.0.0.1:${await freePort()}`;
  const documents = [
    { apiVersion, kind: 'Gateway', metadata: { name: 'edge' }, spec: { listen: gateway, defaultService: 'shop' } },
    {
      apiVersion,
      kind: 'Service',
      metadata: { name: 'shop' },
      spec: {
        stable: 'v1',
        versions: { v1: { endpoints: [`127.0.0.1:${(upstream.address() as AddressInfo).port}`] } },
      },
    },
  ];
  await fetch(`${server}/api/v1/documents`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ documents }),
  });
  const proxy = await startProxy({ control: server, node: { id: 'edge', role: 'gateway', gateways: ['edge'] }, log });
  onTestFinished(async () => {
    await proxy.close(0);
    await control.close();
    upstream.closeAllConnections();
    upstream.close();
    rmSync(dataDir, { recursive: true });
  });
  await expect.poll(() => proxy.dataplane.ready(), { timeout: 10_000 }).toBe(true);
  return { server, gateway };
}

describe('tap', () => {
  it('shows what the filter lets pass, and ends at its limit', async () => {
    const { server, gateway } = await mesh();
    const calls = setInterval(() => {
      for (const path of ['/pay', '/browse'])
        fetch(`http://${gateway}${path}?token=abc`.replace('/pay?token=abc', '/pay')).catch(() => undefined);
    }, 20);
    onTestFinished(() => clearInterval(calls));
    const filter = 'status>=500 && path^="/pay"';
    const text = await meshproof(['tap', 'shop', '--filter', filter, '--limit', '2', '--server', server]);
    expect(text.exit).toBe(0);
    expect(text.stdout.split('\n')[0]).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} edge {2}GET 127\.0\.0\.1\/pay {2}503 \d+\.\dms {2}shop\/v1 endpoint=/,
    );
    const json = await meshproof([
      'tap',
      '--where',
      'path ^= /browse',
      '--limit',
      '1',
      '--headers',
      '-o',
      'json',
      '--server',
      server,
    ]);
    const event: unknown = JSON.parse(json.stdout.split('\n')[0] ?? '');
    expect(event).toMatchObject({ proxy: 'edge', path: '/browse?token=redacted', status: 200 });
    expect(json.stdout).toContain('"user-agent"');
  });

  it('shows a mistake in a filter at its place, and asks nobody', async () => {
    const { exit, stderr } = await meshproof([
      'tap',
      'shop',
      '--where',
      'stauts >= 500',
      '--server',
      'http://127.0.0.1:1',
    ]);
    expect(exit).toBe(64);
    expect(stderr).toBe('error: --where: there is no field "stauts"; did you mean status?\n  stauts >= 500\n  ^\n');
  });

  it('says that there is no control plane, or no such service', async () => {
    const away = await meshproof(['tap', 'shop', '--server', 'http://127.0.0.1:1']);
    expect([away.exit, away.stderr]).toEqual([expect.any(Number), expect.stringContaining('does not answer')]);
    expect(away.exit).not.toBe(0);
    const { server } = await mesh();
    const unknown = await meshproof(['tap', 'shpo', '--server', server]);
    expect(unknown.stderr).toContain('did you mean "shop"?');
  });
});

describe('stat', () => {
  it('shows services once, and every second until it is interrupted', async () => {
    const { server, gateway } = await mesh();
    for (let i = 0; i < 5; i++) await fetch(`http://${gateway}/browse`);
    await expect
      .poll(async () => (await meshproof(['stat', '--server', server])).stdout, { timeout: 10_000, interval: 200 })
      .toMatch(/SERVICE +HEALTH +RPS[^]*shop +ok +\d+\.\d +100%/);
    const interrupt = new AbortController();
    let lines = 0;
    const out = (): void => void (++lines === 2 && interrupt.abort('SIGINT'));
    const watched = await meshproof(['stat', 'shop', '-w', '-o', 'json', '--server', server], {
      signal: interrupt.signal,
      out,
    });
    expect([watched.exit, lines]).toEqual([130, 2]);
    expect((await meshproof(['stat', 'shpo', '--server', server])).stderr).toContain('did you mean shop?');
  });
});
