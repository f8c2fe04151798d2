import { describe, expect, it } from 'vitest';
import type { Identity } from '../../proxy/identity/identity.ts';
import { istioFamilies } from '../../proxy/metrics/istio.ts';
import { freePort } from '../free-port.ts';
import { TestAuthority } from './certificates.ts';
import { held, identityOf, meshDocuments, portIn, sidecarOf } from './inbound-stage.ts';
import type { Meshed, Sidecar } from './inbound-stage.ts';
import { HeldClock } from './gateway.ts';
import { header } from './naive-http.ts';
import { ask } from './raw-client.ts';
import { clientOf, get, upstreamThat } from './stage.ts';

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const ERROR = 'x-meshproof-error';

type Mesh = {
  readonly shop: Sidecar;
  readonly upstream: Awaited<ReturnType<typeof upstreamThat>>;
  readonly wish: Meshed;
};

async function shopBehind(identity: Identity | undefined, more: Partial<Meshed> = {}): Promise<Mesh> {
  const upstream = await upstreamThat(({ answer }) => answer(OK));
  const wish = { endpoint: upstream.port, inbound: '127.0.0.1:0', ...more };
  const shop = await sidecarOf('shop', held(identity), meshDocuments(wish));
  return { shop, upstream, wish: { ...wish, inbound: shop.inbound } };
}

async function callerOf(name: string, identity: Identity | undefined, wish: Meshed): Promise<number> {
  return portIn((await sidecarOf(name, held(identity), meshDocuments(wish))).outbound);
}

describe('two sidecars', () => {
  it('carry a request over mTLS, and tell the application who asks', async () => {
    const authority = await TestAuthority.make();
    const { shop, upstream, wish } = await shopBehind(await identityOf(authority, 'shop'));
    const port = await callerOf('checkout', await identityOf(authority, 'checkout'), wish);
    const answer = await ask(port, get('/', 'x-forwarded-client-cert: By=me;URI=spiffe://test.mesh/service/admin\r\n'));
    expect(answer.status).toBe(200);
    const told = 'By=spiffe://test.mesh/service/shop;URI=spiffe://test.mesh/service/checkout';
    expect(upstream.bytes).toContain(`x-forwarded-client-cert: ${told}\r\n`);
    expect(upstream.bytes).not.toContain('admin');
    const [requests] = istioFamilies(shop.dataplane.metrics(), false);
    expect(
      requests?.samples.map(({ labels, value }) => [labels['reporter'], labels['destination_version'], value]),
    ).toEqual([['destination', 'v1', 1]]);
    expect(shop.dataplane.takeTelemetry().traffic).toEqual([]);
  });

  it('carry HTTP/2 over mTLS too', async () => {
    const authority = await TestAuthority.make();
    const { shop, wish } = await shopBehind(await identityOf(authority, 'shop'), { protocol: 'http2' });
    const port = await callerOf('checkout', await identityOf(authority, 'checkout'), { ...wish });
    // The endpoint of the test speaks HTTP/1.1 only, so the way ends there, behind both sidecars.
    expect((await ask(port, get())).status).toBeGreaterThanOrEqual(502);
    expect(shop.dataplane.metrics().inbound.flatMap(({ codes }) => codes.map(([, count]) => count))).toEqual([1]);
  });

  it('refuse a server that is another service, or that another authority names', async () => {
    const authority = await TestAuthority.make();
    const stranger = await TestAuthority.make('stranger');
    const client = await identityOf(authority, 'checkout');
    const cases: [Identity, string][] = [
      [await identityOf(authority, 'spy'), 'TLS_NAME_MISMATCH'],
      [await identityOf(stranger, 'shop'), 'TLS_UNKNOWN_CA'],
      [await identityOf(authority, 'shop', { lastsMs: -60_000 }), 'TLS_CERTIFICATE_EXPIRED'],
    ];
    for (const [server, code] of cases) {
      const { upstream, wish } = await shopBehind(server);
      expect(header(await ask(await callerOf('checkout', client, wish), get()), ERROR)).toBe(code);
      expect(upstream.requests).toHaveLength(0);
    }
  });

  it('refuse a client without a valid identity of the mesh', async () => {
    const authority = await TestAuthority.make();
    const stranger = await TestAuthority.make('stranger');
    const { shop, upstream, wish } = await shopBehind(await identityOf(authority, 'shop'));
    const trusting = (identity: Identity): Identity => ({ ...identity, bundle: authority.pem });
    const clients = [
      trusting(await identityOf(stranger, 'checkout')),
      await identityOf(authority, 'checkout', { lastsMs: -60_000 }),
      await identityOf(authority, 'checkout', {
        names: [{ type: 'url', value: 'spiffe://other.mesh/service/checkout' }],
      }),
      await identityOf(authority, 'checkout', { names: [{ type: 'dns', value: 'checkout' }] }),
    ];
    for (const client of clients) {
      expect((await ask(await callerOf('checkout', client, wish), get())).status).toBeGreaterThanOrEqual(502);
    }
    const client = await clientOf(portIn(shop.inbound));
    await client.send(get()).untilEnded();
    expect(upstream.requests).toHaveLength(0);
  });

  it('say so while there is no identity yet, and go on as soon as there is', async () => {
    const authority = await TestAuthority.make();
    const { wish } = await shopBehind(await identityOf(authority, 'shop'));
    const identity = held();
    const port = portIn((await sidecarOf('checkout', identity, meshDocuments(wish))).outbound);
    expect(header(await ask(port, get()), ERROR)).toBe('TLS_FAILED');
    identity.set(await identityOf(authority, 'checkout'));
    expect((await ask(port, get())).status).toBe(200);
  });

  it('take up a new identity without breaking open connections', async () => {
    const authority = await TestAuthority.make();
    const upstream = await upstreamThat(({ answer }) => answer(OK));
    const identity = held(await identityOf(authority, 'shop'));
    const wish = { endpoint: upstream.port, inbound: '127.0.0.1:0' };
    const shop = await sidecarOf('shop', identity, meshDocuments(wish));
    const port = await callerOf('checkout', await identityOf(authority, 'checkout'), {
      ...wish,
      inbound: shop.inbound,
    });
    const client = await clientOf(port);
    expect((await client.send(get()).response()).status).toBe(200);
    identity.set(await identityOf(authority, 'shop'));
    expect((await client.send(get()).response()).status).toBe(200);
    expect(shop.dataplane.metrics().downstreamConnectionsTotal).toBe(1);
  });

  it('refuse a configuration that needs an identity which will never come', async () => {
    const documents = meshDocuments({ endpoint: 1, inbound: '127.0.0.1:0' });
    await expect(sidecarOf('shop', undefined, documents)).rejects.toMatchObject({ code: 'CONFIG_REFUSED' });
  });
});

describe('what may come in', () => {
  it('is what the AccessPolicy allows, by proven identity', async () => {
    const authority = await TestAuthority.make();
    const policy = { rules: [{ from: ['checkout'], methods: ['GET'], paths: [{ prefix: '/api' }] }] };
    const { upstream, wish } = await shopBehind(await identityOf(authority, 'shop'), { policy });
    const checkout = await callerOf('checkout', await identityOf(authority, 'checkout'), wish);
    const spy = await callerOf('spy', await identityOf(authority, 'spy'), wish);
    expect((await ask(checkout, get('/api/x'))).status).toBe(200);
    for (const [port, path] of [
      [spy, '/api/x'],
      [checkout, '/admin'],
      [checkout, '/api/../admin'],
      [checkout, '/api/%2e%2e/admin'],
      [checkout, '/api//../admin'],
    ] as const) {
      const answer = await ask(port, get(path));
      expect([answer.status, header(answer, ERROR), path]).toEqual([403, 'ACCESS_DENIED', path]);
    }
    expect(upstream.requests).toHaveLength(1);
  });

  it('may be plaintext where the service is permissive; then there is no identity', async () => {
    const authority = await TestAuthority.make();
    const policy = {
      rules: [
        { from: ['*'], paths: [{ prefix: '/private' }] },
        { from: ['spy'], action: 'deny' },
      ],
      default: 'allow',
    };
    const { shop, upstream, wish } = await shopBehind(await identityOf(authority, 'shop'), {
      mtls: 'permissive',
      policy,
    });
    const port = await callerOf('checkout', await identityOf(authority, 'checkout'), wish);
    expect((await ask(port, get())).status).toBe(200);
    const forged = 'x-forwarded-client-cert: URI=spiffe://test.mesh/service/admin\r\n';
    expect((await ask(portIn(shop.inbound), get('/', forged))).status).toBe(200);
    expect(upstream.bytes).not.toContain('admin');
    const spy = await callerOf('spy', await identityOf(authority, 'spy'), wish);
    expect((await ask(spy, get())).status).toBe(403);
  });

  it('is plaintext only where mtls is off', async () => {
    const { shop, wish } = await shopBehind(undefined, { mtls: 'off' });
    expect((await ask(portIn(shop.inbound), get())).status).toBe(200);
    expect((await ask(await callerOf('checkout', undefined, wish), get())).status).toBe(200);
  });

  it('may rest for as long as the routes of the service allow', async () => {
    const clock = new HeldClock();
    const upstream = await upstreamThat(() => undefined);
    const documents = meshDocuments({ endpoint: upstream.port, inbound: '127.0.0.1:0', mtls: 'off' });
    const rules = [{ idleTimeout: '1h' }, { idleTimeout: '10s' }];
    const route = { apiVersion: 'meshproof.dev/v1', kind: 'Route', metadata: { name: 'shop' } };
    const calm = await sidecarOf(
      'shop',
      undefined,
      [...documents, { ...route, spec: { service: 'shop', rules } }],
      clock,
    );
    const hasty = await sidecarOf('shop', undefined, documents, clock);
    const [patient, other] = [await clientOf(portIn(calm.inbound)), await clientOf(portIn(hasty.inbound))];
    patient.send(get());
    other.send(get());
    await upstream.until(() => upstream.requests.length === 2);
    clock.move(10 * 60_000);
    for (const { dataplane } of [calm, hasty]) dataplane.sweep();
    expect((await other.response()).status).toBe(504);
    expect([patient.text, patient.ended]).toEqual(['', false]);
  });

  it('leaves the application no idle connection for longer than the service says', async () => {
    const clock = new HeldClock();
    const upstream = await upstreamThat(({ answer }) => answer(OK));
    const documents = meshDocuments({ endpoint: upstream.port, inbound: '127.0.0.1:0', mtls: 'off' }).map((d) =>
      d.metadata.name === 'shop' ? { ...d, spec: { ...d.spec, resilience: { idleTimeout: '1s' } } } : d,
    );
    const { inbound, dataplane } = await sidecarOf('shop', undefined, documents, clock);
    await (await clientOf(portIn(inbound))).send(get()).response();
    clock.move(1_500);
    dataplane.sweep();
    await upstream.until(() => upstream.closed === 1);
  });

  it('may come from the service itself', async () => {
    const authority = await TestAuthority.make();
    const identity = held(await identityOf(authority, 'shop'));
    const upstream = await upstreamThat(({ answer }) => answer(OK));
    const inbound = `127.0.0.1:${await freePort()}`;
    const shop = await sidecarOf('shop', identity, meshDocuments({ endpoint: upstream.port, inbound }));
    expect((await ask(portIn(shop.outbound), get())).status).toBe(200);
  });
});
