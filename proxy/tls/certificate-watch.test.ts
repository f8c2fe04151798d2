import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { CertificateWatch } from './certificate-watch.ts';

const NEVER_MS = 600_000;
let folder: string;
let rereads: number;
let refuses: boolean;
let said: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'meshproof-watch-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  rereads = 0;
  refuses = false;
  said = '';
});

function watch(files: readonly string[], lookMs: number): CertificateWatch {
  const log = pino({}, { write: (line: string) => void (said += line) });
  const rereadCertificates = (): Promise<void> => {
    rereads++;
    return refuses ? Promise.reject(new Error('half written')) : Promise.resolve();
  };
  const made = new CertificateWatch({ certificateFiles: () => files, rereadCertificates }, log, lookMs);
  onTestFinished(() => made.close());
  return made;
}

it('reads again what a link that was turned leads to, and a file that comes back', async () => {
  const link = join(folder, 'tls.pem');
  for (const name of ['a', 'b']) writeFileSync(join(folder, name), 'the same text');
  symlinkSync(join(folder, 'a'), link);
  watch([link], 5);
  await expect.poll(() => rereads).toBe(1);
  symlinkSync(join(folder, 'b'), `${link}.new`);
  renameSync(`${link}.new`, link);
  await expect.poll(() => rereads).toBe(2);
  rmSync(link);
  await expect.poll(() => rereads).toBe(3);
  writeFileSync(link, 'new');
  await expect.poll(() => rereads).toBe(4);
});

it('says that what it has read cannot be used, and looks on', async () => {
  const file = join(folder, 'tls.pem');
  writeFileSync(file, 'one');
  refuses = true;
  watch([file], 5);
  await expect.poll(() => said).toContain('certificates cannot be used; the old ones go on');
  refuses = false;
  writeFileSync(file, 'two and more');
  await expect.poll(() => said).toContain('certificates were read again');
});

it('obeys SIGHUP until it is closed', async () => {
  const made = watch([join(folder, 'tls.pem')], NEVER_MS);
  process.emit('SIGHUP');
  expect(rereads).toBe(1);
  expect(await made.reload()).toBe(true);
  const handlers = process.listenerCount('SIGHUP');
  made.close();
  expect(process.listenerCount('SIGHUP')).toBe(handlers - 1);
});
