/** Active health checks of endpoints that speak TLS. */
import { createServer as createHttpServer } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Dataplane } from '../../proxy/dataplane.ts';
import { TestAuthority } from './certificates.ts';
import { held, identityOf, meshDocuments, sidecarOf } from './inbound-stage.ts';
import { ok } from './scripted-upstream.ts';
import { upstreamThat } from './stage.ts';
import { proxyOf, withTls } from './tls-stage.ts';

const SOON = { timeout: 10_000, interval: 5 };

let authority: TestAuthority;
beforeEach(async () => (authority = await TestAuthority.make()));

type Check = 'http' | 'tcp' | 'grpc';
const CHECKS: Readonly<Record<Check, object>> = { http: { path: '/health' }, tcp: {}, grpc: {} };

/** A server that passes each kind of check, for clients whose certificate the authority has signed. */
async function serverFor(check: Check): Promise<number> {
  const { certificate: cert, key } = await authority.sign();
  const options = { cert, key, ca: authority.pem, requestCert: true, rejectUnauthorized: true };
  const server: Server = {
    http: () => createHttpsServer(options, (_request, response) => response.end()),
    tcp: () => createTlsServer({ ...options, ALPNProtocols: ['h2'] }, (socket) => socket.on('error', () => {})),
    grpc: () =>
      createSecureServer(options).on('stream', (stream) => {
        stream.on('error', () => {});
        stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
        stream.end(Buffer.from([0, 0, 0, 0, 2, 8, 1]));
      }),
  }[check]();
  return listening(server);
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

async function checking(port: number, check: Check, tls: object): Promise<Dataplane> {
  const protocol = check === 'http' ? undefined : 'http2';
  const documents = withTls(port, 'Service', { ...tls }, protocol).map((d) =>
    d.kind === 'Service' ? { ...d, spec: { ...d.spec, resilience: healthCheck(check) } } : d,
  );
  const { dataplane } = await proxyOf([]);
  await dataplane.apply(3, documents);
  return dataplane;
}

function healthCheck(check: Check): object {
  const often = { interval: '10ms', timeout: '5s', unhealthyThreshold: 1, healthyThreshold: 1 };
  return { healthCheck: { [check]: CHECKS[check], ...often } };
}

const checksOf = (dataplane: Dataplane): { passed: number; failed: number } =>
  dataplane.metrics().pools[0]?.checks ?? { passed: 0, failed: 0 };
const stateOf = (dataplane: Dataplane): string | undefined => dataplane.endpoints()[0]?.state;

describe.each(['http', 'tcp', 'grpc'] as const)('%s checks over TLS', (check) => {
  it('pass with the certificate that requests show', async () => {
    const dataplane = await checking(await serverFor(check), check, { ca: authority.pem, ...(await authority.sign()) });
    await expect.poll(() => checksOf(dataplane).passed, SOON).toBeGreaterThan(2);
    expect(checksOf(dataplane).failed).toBe(0);
    expect(stateOf(dataplane)).toBe('available');
  });

  it('fail where the authority of the endpoint is another one', async () => {
    const stranger = await TestAuthority.make('stranger');
    const dataplane = await checking(await serverFor(check), check, { ca: stranger.pem });
    await expect.poll(() => stateOf(dataplane), SOON).toBe('unhealthy');
    expect(checksOf(dataplane).passed).toBe(0);
  });

  it('fail where the endpoint speaks no TLS', async () => {
    // It answers a greeting with 400.
    const plain = await listening(createHttpServer((_request, response) => response.end()));
    const dataplane = await checking(plain, check, { ca: authority.pem });
    await expect.poll(() => stateOf(dataplane), SOON).toBe('unhealthy');
    expect(checksOf(dataplane).passed).toBe(0);
  });
});

it('checks go to sidecars with the identity of the caller, and follow its change', async () => {
  const upstream = await upstreamThat(({ answer }) => answer(ok()));
  const wish = { endpoint: upstream.port, inbound: '127.0.0.1:0' };
  const shop = await sidecarOf('shop', held(await identityOf(authority, 'shop')), meshDocuments(wish));
  const stranger = await TestAuthority.make('stranger');
  const identity = held(await identityOf(stranger, 'checkout'));
  const documents = meshDocuments({ ...wish, inbound: shop.inbound }).map((d) =>
    d.metadata.name === 'shop' ? { ...d, spec: { ...d.spec, resilience: healthCheck('http') } } : d,
  );
  const { dataplane } = await sidecarOf('checkout', identity, documents);
  const state = (): string | undefined => dataplane.endpoints().find((e) => e.service === 'shop')?.state;
  await expect.poll(state, SOON).toBe('unhealthy');
  identity.set(await identityOf(authority, 'checkout'));
  await expect.poll(state, SOON).toBe('available');
  expect(upstream.bytes).toContain('user-agent: meshproof-health-check');
});
