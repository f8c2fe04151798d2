/** Faults on handshakes over real sockets: at gateways, and between sidecars. */
import type { Dataplane } from '../../proxy/dataplane.ts';
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { SourceDocument } from '../../contracts/document.ts';
import { TestAuthority } from './certificates.ts';
import { HeldClock, openGateway, portOf } from './gateway.ts';
import { held, identityOf, meshDocuments, portIn, sidecarOf } from './inbound-stage.ts';
import type { Meshed } from './inbound-stage.ts';
import { header } from './naive-http.ts';
import { ask } from './raw-client.ts';
import { clientOf, get, upstreamThat } from './stage.ts';
import { printOf, proxyOf, shake, withTls } from './tls-stage.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const REFUSED = { code: expect.stringContaining('ALERT_HANDSHAKE_FAILURE') as string };

let authority: TestAuthority;
beforeEach(async () => (authority = await TestAuthority.make()));

function fault(tls: Record<string, unknown>, more: Record<string, unknown> = {}): SourceDocument {
  const spec = { service: 'shop', tls, ...more };
  return { apiVersion: 'meshproof.dev/v1', kind: 'Fault', metadata: { name: 'tls' }, spec };
}

function injected(dataplane: Dataplane): unknown {
  return dataplane.metrics().faults.map(({ type, injected }) => [type, injected]);
}

type Edge = {
  readonly dataplane: Dataplane;
  readonly port: number;
  readonly certificate: string;
  /** Puts these faults in force, and no others. */
  readonly declare: (...faults: SourceDocument[]) => Promise<void>;
};

async function edge(clock = { nowMs: () => performance.now() }): Promise<Edge> {
  const upstream = await upstreamThat(({ answer }) => answer(OK));
  const { dataplane, close } = await openGateway({ versions: { v1: [upstream.port] }, options: { clock } });
  onTestFinished(close);
  const signed = await authority.sign();
  const documents = withTls(upstream.port, 'Gateway', { ...signed });
  let version = 1;
  const declare = (...faults: SourceDocument[]): Promise<void> => dataplane.apply(++version, [...documents, ...faults]);
  await declare();
  return { dataplane, port: portOf(dataplane), certificate: signed.certificate, declare };
}

describe('a handshake that fails at a gateway', () => {
  const FAILS = { gateway: 'edge', handshakeFailure: true };

  it('is an alert to new clients and nothing to connections that are open, and is counted', async () => {
    const { dataplane, port, declare } = await edge();
    const open = await shake(port, authority.pem);
    await declare(fault(FAILS));
    for (let i = 0; i < 3; i++) await expect(shake(port, authority.pem)).rejects.toMatchObject(REFUSED);
    expect(await open.ask()).toContain('200 OK');
    expect(injected(dataplane)).toEqual([['tls-handshake-failure', 3]]);
    await declare();
    expect(await (await shake(port, authority.pem)).ask()).toContain('200 OK');
  });

  it('is over with a halt, and with its lease', async () => {
    for (const end of ['halt', 'lease']) {
      const clock = new HeldClock();
      const { dataplane, port, declare } = await edge(clock);
      await declare(fault(FAILS, { lease: '1m' }));
      await expect(shake(port, authority.pem)).rejects.toMatchObject(REFUSED);
      if (end === 'halt') dataplane.halt();
      else clock.move(60_001);
      expect(await (await shake(port, authority.pem)).ask()).toContain('200 OK');
    }
  });

  it('meets the share that was asked for, the same ones in a replay, and no more than it may', async () => {
    const run = async (more: Record<string, unknown>): Promise<string> => {
      const { port, declare } = await edge();
      await declare(fault(FAILS, { percent: 30, seed: 5, ...more }));
      let seen = '';
      for (let i = 0; i < 40; i++) {
        seen += await shake(port, authority.pem).then(
          () => '.',
          () => 'x',
        );
      }
      return seen;
    };
    const [first, again] = [await run({}), await run({})];
    expect(again).toBe(first);
    const met = first.replaceAll('.', '').length;
    expect(met).toBeGreaterThan(3);
    expect(met).toBeLessThan(25);
    expect((await run({ maxInjections: 2 })).replaceAll('.', '')).toBe('xx');
  });

  it('is TLS_FAILED to a proxy that asks there, and its retry may get through', async () => {
    const { port, declare } = await edge();
    await declare(fault(FAILS, { maxInjections: 1 }));
    const near = await proxyOf(withTls(port, 'Service', { ca: authority.pem }), { maxIdlePerEndpoint: 0 });
    expect(header(await ask(near.port, get()), 'x-meshproof-error')).toBe('TLS_FAILED');
    expect((await ask(near.port, get())).status).toBe(200);
  });
});

describe('an expired certificate at a gateway', () => {
  const EXPIRED = { gateway: 'edge', expiredCertificate: true };

  it('is shown for the same names, and a client that does not look is served', async () => {
    const { dataplane, port, certificate, declare } = await edge();
    await declare(fault(EXPIRED));
    const socket = connect({ host: '127.0.0.1', port, ca: authority.pem, rejectUnauthorized: false });
    onTestFinished(() => void socket.destroy());
    await new Promise((resolve) => socket.once('secureConnect', resolve));
    const shown = socket.getPeerX509Certificate();
    expect(shown?.subjectAltName).toBe(new X509Certificate(certificate).subjectAltName);
    expect(Date.parse(shown?.validTo ?? '')).toBeLessThan(Date.now());
    const text = new Promise((resolve) => socket.once('data', (bytes: Buffer) => resolve(bytes.toString())));
    socket.write(get());
    expect(await text).toContain('200 OK');
    expect(injected(dataplane)).toEqual([['tls-expired-certificate', 1]]);
    await declare();
    expect((await shake(port, authority.pem)).print).toBe(printOf(certificate));
  });

  it('is what a proxy says it is, also where it could have resumed a session', async () => {
    const { port, declare } = await edge();
    const near = await proxyOf(withTls(port, 'Service', { ca: authority.pem }), { maxIdlePerEndpoint: 0 });
    for (let i = 0; i < 2; i++) expect((await ask(near.port, get())).status).toBe(200);
    await declare(fault(EXPIRED));
    expect(header(await ask(near.port, get()), 'x-meshproof-error')).toBe('TLS_CERTIFICATE_EXPIRED');
    await declare();
    expect((await ask(near.port, get())).status).toBe(200);
  });
});

describe('between sidecars', () => {
  async function mesh(more: Partial<Meshed>, faults: readonly SourceDocument[]): Promise<[Dataplane, number, number]> {
    const upstream = await upstreamThat(({ answer }) => answer(OK));
    const wish = { endpoint: upstream.port, inbound: '127.0.0.1:0', ...more };
    const identity = held(await identityOf(authority, 'shop'));
    const shop = await sidecarOf('shop', identity, [...meshDocuments(wish), ...faults]);
    const asked = meshDocuments({ ...wish, inbound: shop.inbound });
    const caller = await sidecarOf('checkout', held(await identityOf(authority, 'checkout')), [...asked, ...faults]);
    return [shop.dataplane, portIn(caller.outbound), portIn(shop.inbound)];
  }

  it.each([
    ['handshakeFailure', 'TLS_FAILED', 'tls-handshake-failure'],
    ['expiredCertificate', 'TLS_CERTIFICATE_EXPIRED', 'tls-expired-certificate'],
  ] as const)('%s meets the callers of the service', async (act, code, type) => {
    const [shop, port] = await mesh({}, [fault({ [act]: true }, { maxInjections: 1 })]);
    expect(header(await ask(port, get()), 'x-meshproof-error')).toBe(code);
    expect(injected(shop)).toEqual([[type, 1]]);
    expect((await ask(port, get())).status).toBe(200);
  });

  it('meets no caller that comes without TLS, where one may', async () => {
    const [shop, port, inbound] = await mesh({ mtls: 'permissive' }, [fault({ handshakeFailure: true })]);
    const plain = await clientOf(inbound);
    expect((await plain.send(get()).response()).status).toBe(200);
    expect(header(await ask(port, get()), 'x-meshproof-error')).toBe('TLS_FAILED');
    expect(injected(shop)).toEqual([['tls-handshake-failure', 1]]);
  });
});
