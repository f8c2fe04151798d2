import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockDataDir } from './data-dir.ts';

let dataDir: string;
let release = (): void => {};

beforeEach(() => {
  // Characters that mean something in a URL.
  dataDir = join(mkdtempSync(join(tmpdir(), 'meshproof-lock-')), 'a %20 b#c?d');
});
afterEach(() => {
  release();
  rmSync(join(dataDir, '..'), { recursive: true, force: true });
});

it('is refused to a second control plane, of the same process too, and the message names the first', async () => {
  release = await lockDataDir(dataDir);
  await expect(lockDataDir(dataDir)).rejects.toMatchObject({
    code: 'ADDRESS_IN_USE',
    detail: expect.stringContaining(`process id ${process.pid}`) as string,
  });
});

it('is free again after the release', async () => {
  (await lockDataDir(dataDir))();
  release = await lockDataDir(dataDir);
});

it('is not kept by a process that was killed, whoever has its process id now', async () => {
  (await lockDataDir(dataDir))();
  const holder = join(dataDir, 'holder.mjs');
  const libsql = new URL('../node_modules/@libsql/client/lib-esm/node.js', import.meta.url).href;
  const url = new URL(`file://${encodeURI(dataDir).replace('#', '%23').replace('?', '%3F')}/control.lock`).href;
  writeFileSync(
    holder,
    `import { createClient } from ${JSON.stringify(libsql)};
     globalThis.held = await createClient({ url: ${JSON.stringify(url)} }).transaction('write');
     process.send('held');
     setInterval(() => {}, 1000);`,
  );
  const child = fork(holder, { execArgv: [] });
  await new Promise((resolve) => child.once('message', resolve));
  await expect(lockDataDir(dataDir)).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
  // The file that names the owner now names a process that lives: us, or whoever got the number.
  writeFileSync(join(dataDir, 'control.pid'), String(process.ppid));
  release = await lockDataDir(dataDir);
});
