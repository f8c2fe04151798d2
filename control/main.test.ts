import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startControl } from './main.ts';
import { QUIET, testControl } from './testing/running-control.ts';

let dataDir: string;
let other: Server;

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'meshproof-main-'));
  other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
});
afterEach(async () => {
  await new Promise((resolve) => other.close(resolve));
  rmSync(dataDir, { recursive: true, force: true });
});

describe('a control plane that cannot start', () => {
  it('names the address that is taken, and leaves the data directory free', async () => {
    const listen = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    await expect(startControl({ listen, dataDir, log: QUIET })).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      detail: `${listen} is taken by another program; stop it or choose another --listen`,
    });
    await (await testControl(dataDir)).close();
  });

  it('is refused an address that is none', async () => {
    await expect(startControl({ listen: '9900', dataDir, log: QUIET })).rejects.toMatchObject({
      code: 'REQUEST_INVALID',
    });
  });

  it('is refused the data directory of one that runs, which goes on', async () => {
    const first = await testControl(dataDir);
    await expect(testControl(dataDir)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
    expect((await first.ask('GET', '/healthz')).status).toBe(200);
    await first.close();
  });
});
