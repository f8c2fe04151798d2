import { writeFileSync } from 'node:fs';
import { TLSSocket } from 'node:tls';
import { describe, expect, it, vi } from 'vitest';
import type { ErrorCode } from '../../contracts/errors.ts';
import { folderWith, TestAuthority } from './certificates.ts';
import { header } from './naive-http.ts';
import { ask } from './raw-client.ts';
import { clientOf, get, post } from './stage.ts';
import { printOf, proxyOf, shake, tlsPair, withTls } from './tls-stage.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

function errorsOf(dataplane: { metrics(): { errors: readonly { code: ErrorCode; count: number }[] } }): string[] {
  return dataplane.metrics().errors.map(({ code }) => code);
}

describe('TLS to endpoints and from clients', () => {
  it('carries requests and bodies both ways, and keeps the connection for the next', async () => {
    const authority = await TestAuthority.make();
    const server = await authority.sign();
    const { near, far } = await tlsPair(({ answer }) => answer(OK), server, { ca: authority.pem });
    const client = await clientOf(near.port);
    expect((await client.send(get()).response()).body).toBe('ok');
    expect((await client.send(post('x'.repeat(300_000))).response()).status).toBe(200);
    expect(far.dataplane.metrics().downstreamConnectionsTotal).toBe(1);
  });

  it('speaks HTTP/2 where ALPN says so', async () => {
    const authority = await TestAuthority.make();
    const { near, upstream } = await tlsPair(
      ({ answer }) => answer(OK),
      await authority.sign(),
      { ca: authority.pem },
      'http2',
    );
    expect((await ask(near.port, get('/over-h2'))).body).toBe('ok');
    expect(upstream.bytes).toContain('via: 2.0');
  });

  it('names why a handshake failed', async () => {
    const authority = await TestAuthority.make();
    const stranger = await TestAuthority.make('stranger');
    const cases = [
      [await stranger.sign(), 'TLS_UNKNOWN_CA'],
      [await authority.sign({ lastsMs: -60_000 }), 'TLS_CERTIFICATE_EXPIRED'],
      [await authority.sign({ names: [{ type: 'dns', value: 'other.example' }] }), 'TLS_NAME_MISMATCH'],
    ] as const;
    for (const [server, code] of cases) {
      const { near, upstream } = await tlsPair(({ answer }) => answer(OK), server, { ca: authority.pem });
      const answer = await ask(near.port, get());
      expect([answer.status, header(answer, 'x-meshproof-error')]).toEqual([503, code]);
      expect(upstream.requests).toHaveLength(0);
    }
  });

  it('calls a handshake that breaks off TLS_FAILED, and an endpoint that is not there not', async () => {
    const authority = await TestAuthority.make();
    const near = await proxyOf(withTls(1, 'Service', { ca: authority.pem }));
    expect(header(await ask(near.port, get()), 'x-meshproof-error')).toBe('UPSTREAM_CONNECT_FAILED');
    const plain = await proxyOf(withTls(1, 'Service', {}));
    const over = await proxyOf(withTls(plain.port, 'Service', { ca: authority.pem }));
    expect(header(await ask(over.port, get()), 'x-meshproof-error')).toBe('TLS_FAILED');
  });

  it('takes any certificate only where that was asked for, and another name where that was', async () => {
    const authority = await TestAuthority.make();
    const named = await authority.sign({ names: [{ type: 'dns', value: 'shop.example' }] });
    const skip = await tlsPair(({ answer }) => answer(OK), named, { insecureSkipVerify: true });
    expect((await ask(skip.near.port, get())).status).toBe(200);
    const wish = { ca: authority.pem, serverName: 'shop.example' };
    const asked = await tlsPair(({ answer }) => answer(OK), named, wish);
    expect((await ask(asked.near.port, get())).status).toBe(200);
  });

  it('lets in only clients whose certificate the CA signed', async () => {
    const authority = await TestAuthority.make();
    const stranger = await TestAuthority.make('stranger');
    const server = { ...(await authority.sign()), clientCa: authority.pem };
    const known = await authority.sign();
    const good = await tlsPair(({ answer }) => answer(OK), server, { ca: authority.pem, ...known });
    expect((await ask(good.near.port, get())).status).toBe(200);
    for (const bad of [{}, await stranger.sign(), await authority.sign({ lastsMs: -60_000 })]) {
      const { near, far, upstream } = await tlsPair(({ answer }) => answer(OK), server, { ca: authority.pem, ...bad });
      expect((await ask(near.port, get())).status).toBeGreaterThanOrEqual(502);
      expect(upstream.requests).toHaveLength(0);
      expect(errorsOf(far.dataplane)).toContain('TLS_HANDSHAKE_REFUSED');
    }
  });

  it('resumes sessions, and checks the certificate again when the authority has changed', async () => {
    const authority = await TestAuthority.make();
    const server = await authority.sign();
    const { far } = await tlsPair(({ answer }) => answer(OK), server, {});
    // Without idle connections each request opens one.
    const near = await proxyOf(withTls(far.port, 'Service', { ca: authority.pem }), { maxIdlePerEndpoint: 0 });
    const resumed = vi.spyOn(TLSSocket.prototype, 'isSessionReused');
    for (let i = 0; i < 3; i++) expect((await ask(near.port, get())).status).toBe(200);
    // Node.js asks each client socket of a handshake whether its session was resumed.
    expect(resumed.mock.results.filter(({ value }) => value === true)).toHaveLength(2);
    resumed.mockRestore();
    const stranger = await TestAuthority.make('stranger');
    await near.dataplane.apply(3, withTls(far.port, 'Service', { ca: stranger.pem }));
    expect(header(await ask(near.port, get()), 'x-meshproof-error')).toBe('TLS_UNKNOWN_CA');
  });

  it('shows a new certificate to new clients while an open connection goes on', async () => {
    const authority = await TestAuthority.make();
    const [first, second] = [await authority.sign(), await authority.sign()];
    const folder = folderWith({ 'cert.pem': first.certificate, 'key.pem': first.key });
    const files = { certificate: `${folder}/cert.pem`, key: `${folder}/key.pem` };
    const { far, upstream } = await tlsPair(({ answer }) => answer(OK), files, { ca: authority.pem });
    const open = await shake(far.port, authority.pem);
    writeFileSync(`${folder}/cert.pem`, second.certificate);
    writeFileSync(`${folder}/key.pem`, second.key);
    await far.dataplane.apply(5, withTls(upstream.port, 'Gateway', files));
    const fresh = await shake(far.port, authority.pem);
    expect([open.print, fresh.print]).toEqual([printOf(first.certificate), printOf(second.certificate)]);
    expect(await open.ask()).toContain('200 OK');
  });

  it('refuses a configuration whose certificates cannot be used, and says why', async () => {
    const authority = await TestAuthority.make();
    const [one, other] = [await authority.sign(), await authority.sign()];
    const gateway = await proxyOf(withTls(1, 'Gateway', one));
    const apply = (tls: object): Promise<void> => gateway.dataplane.apply(9, withTls(1, 'Gateway', { ...tls }));
    await expect(apply({ certificate: '/none/cert.pem', key: one.key })).rejects.toMatchObject({
      code: 'TLS_MATERIAL_INVALID',
      detail: expect.stringContaining('/none/cert.pem cannot be read (ENOENT)') as string,
    });
    await expect(apply({ certificate: one.certificate, key: other.key })).rejects.toMatchObject({
      detail: expect.stringContaining('spec.tls.key: the key does not belong to the certificate') as string,
    });
    await expect(apply({ certificate: one.key, key: one.key })).rejects.toMatchObject({ code: 'TLS_MATERIAL_INVALID' });
  });
});
