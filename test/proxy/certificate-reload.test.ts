/** Certificates that are replaced on disk while a proxy runs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pino } from 'pino';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { startProxy } from '../../proxy/main.ts';
import type { RunningProxy } from '../../proxy/main.ts';
import { folderWith, TestAuthority } from './certificates.ts';
import type { Signed } from './certificates.ts';
import { header } from './naive-http.ts';
import { clientOf, get, upstreamThat } from './stage.ts';
import { printOf, proxyOf, shake, tlsPair, withTls } from './tls-stage.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const SOON = { timeout: 20_000, interval: 20 };

let authority: TestAuthority;
beforeEach(async () => (authority = await TestAuthority.make()));

/** A folder for `files`, and a proxy that reads its documents from there. */
async function proxyFrom(
  files: Record<string, string>,
  documents: readonly unknown[],
): Promise<RunningProxy & { readonly folder: string; readonly port: number; readonly said: () => string }> {
  const folder = folderWith({ ...files, 'mesh.yaml': documents.map((d) => JSON.stringify(d)).join('\n---\n') });
  let said = '';
  const log = pino({}, { write: (line: string) => void (said += line) });
  const proxy = await startProxy({ files: [join(folder, 'mesh.yaml')], log });
  onTestFinished(() => proxy.close(0));
  const port = Number(proxy.dataplane.config().listeners[0]?.address.split(':').at(-1));
  return { ...proxy, folder, port, said: () => said };
}

function replace(folder: string, { certificate, key }: Signed): void {
  writeFileSync(join(folder, 'us.key'), key);
  writeFileSync(join(folder, 'us.pem'), certificate);
}

const FILES = { certificate: 'us.pem', key: 'us.key' };

it('a gateway shows a replaced certificate to new clients, and keeps the connections that are open', async () => {
  const upstream = await upstreamThat(({ answer }) => answer(OK));
  const [first, second] = [await authority.sign(), await authority.sign()];
  const documents = withTls(upstream.port, 'Gateway', FILES);
  const { folder, port } = await proxyFrom({ 'us.pem': first.certificate, 'us.key': first.key }, documents);
  const open = await shake(port, authority.pem);
  expect(open.print).toBe(printOf(first.certificate));
  expect(await open.ask()).toContain('200 OK');
  replace(folder, second);
  const shown = async (): Promise<string> => (await shake(port, authority.pem)).print;
  await expect.poll(shown, SOON).toBe(printOf(second.certificate));
  expect(await open.ask()).toContain('200 OK');
});

it('a gateway goes on with its certificate when the new one does not fit its key', async () => {
  const [first, second] = [await authority.sign(), await authority.sign()];
  const documents = withTls(1, 'Gateway', FILES);
  const { folder, port, said } = await proxyFrom({ 'us.pem': first.certificate, 'us.key': first.key }, documents);
  writeFileSync(join(folder, 'us.pem'), second.certificate);
  await expect.poll(said, SOON).toContain('certificates cannot be used; the old ones go on');
  expect((await shake(port, authority.pem)).print).toBe(printOf(first.certificate));
});

it('new connections to endpoints show a replaced certificate, and no request is lost meanwhile', async () => {
  const stranger = await TestAuthority.make('stranger');
  const [refused, good] = [await stranger.sign(), await authority.sign()];
  const server = { ...(await authority.sign()), clientCa: authority.pem };
  const { far } = await tlsPair(({ answer }) => answer(OK), server, {});
  const files = { 'us.pem': refused.certificate, 'us.key': refused.key, 'ca.pem': authority.pem };
  const near = await proxyFrom(files, withTls(far.port, 'Service', { ca: 'ca.pem', ...FILES }));
  const client = await clientOf(near.port);
  const status = async (): Promise<number> => (await client.send(get()).response()).status;
  expect(await status()).toBeGreaterThanOrEqual(502);
  replace(near.folder, good);
  await expect.poll(status, SOON).toBe(200);
  const connections = near.dataplane.metrics().upstreamConnectionsTotal;
  replace(near.folder, await authority.sign());
  for (; near.dataplane.metrics().upstreamConnectionsTotal === connections; await new Promise(setImmediate)) {
    expect(await status()).toBe(200);
  }
});

it('a far side that is replaced is asked with the authority that has come', async () => {
  const other = await TestAuthority.make('other');
  const upstream = await upstreamThat(({ answer }) => answer(OK));
  const far = await proxyOf(withTls(upstream.port, 'Gateway', await other.sign()));
  const near = await proxyFrom({ 'ca.pem': authority.pem }, withTls(far.port, 'Service', { ca: 'ca.pem' }));
  const client = await clientOf(near.port);
  const answer = await client.send(get()).response();
  expect(header(answer, 'x-meshproof-error')).toBe('TLS_UNKNOWN_CA');
  writeFileSync(join(near.folder, 'ca.pem'), other.pem);
  await expect.poll(async () => (await client.send(get()).response()).status, SOON).toBe(200);
});
