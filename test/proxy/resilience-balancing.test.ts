/** Which endpoint a request reaches, through a real proxy. */
import { describe, expect, it } from 'vitest';
import type { SourceDocument } from '../../contracts/document.ts';
import { HeldClock, documentsOf } from './gateway.ts';
import { header } from './naive-http.ts';
import { ask } from './raw-client.ts';
import { ok, status } from './scripted-upstream.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';
import { clientOf, gatewayTo, get, upstreamThat } from './stage.ts';
import { proxyOf } from './tls-stage.ts';

const upstreams = (n: number): Promise<ScriptedUpstream[]> =>
  Promise.all(Array.from({ length: n }, () => upstreamThat(({ answer }) => answer(ok()))));

/** The documents with the endpoints of v1 as given. */
function withEndpoints(endpoints: readonly unknown[], resilience?: Record<string, unknown>): SourceDocument[] {
  return documentsOf({ versions: { v1: [1] }, ...(resilience ? { resilience } : {}) }).map((d) =>
    d.kind === 'Service' ? { ...d, spec: { ...d.spec, versions: { v1: { endpoints } } } } : d,
  );
}

const seen = (all: readonly ScriptedUpstream[]): number[] => all.map((u) => u.requests.length);

describe('balancing', () => {
  it('follows the weights of the endpoints, and keeps its turns when the configuration comes again', async () => {
    const all = await upstreams(2);
    const gateway = await gatewayTo({ versions: { v1: [1] } });
    const documents = withEndpoints(all.map((u, i) => ({ address: `127.0.0.1:${u.port}`, weight: i === 0 ? 3 : 1 })));
    await gateway.dataplane.apply(2, documents);
    const client = await clientOf(Number(gateway.dataplane.config().listeners[0]?.address.split(':').at(-1)));
    for (let i = 0; i < 8; i++) {
      await client.send(get()).response();
      await gateway.dataplane.apply(3 + i, documents);
    }
    expect(seen(all)).toEqual([6, 2]);
  });

  it('sends one key to one endpoint', async () => {
    const all = await upstreams(4);
    const gateway = await gatewayTo({
      versions: { v1: all.map((u) => u.port) },
      resilience: { balancer: { policy: 'maglev', hashOn: { cookie: 'user' } } },
    });
    const client = await clientOf(gateway.port);
    for (let i = 0; i < 12; i++) await client.send(get('/', 'cookie: a=1; user=ann\r\n')).response();
    expect(seen(all).sort((a, b) => a - b)).toEqual([0, 0, 0, 12]);
  });

  it('least request leaves alone the endpoint that does not answer', async () => {
    const stuck = await upstreamThat(() => {});
    const [free] = await upstreams(1);
    const gateway = await gatewayTo({
      versions: { v1: [stuck.port, free?.port ?? 0] },
      resilience: { balancer: { policy: 'least-request' } },
    });
    // Once it holds more requests than the other, it is chosen only where both draws meet it.
    for (let i = 0; i < 40; i++) {
      const client = await clientOf(gateway.port);
      client.send(get());
      await expect
        .poll(() => stuck.requests.length + (free?.requests.length ?? 0), { timeout: 10_000, interval: 5 })
        .toBe(i + 1);
    }
    expect(stuck.requests.length).toBeLessThan(20);
    expect(free?.requests.length).toBeGreaterThan(20);
  });

  it('a retry goes to another endpoint', async () => {
    const bad = await upstreamThat(({ answer }) => answer(status(503)));
    const [good] = await upstreams(1);
    const gateway = await gatewayTo({
      versions: { v1: [bad.port, good?.port ?? 0] },
      resilience: { balancer: { policy: 'maglev', hashOn: { sourceIp: true } } },
      rules: [{ retry: { attempts: 3, on: ['5xx'], backoff: '1ms' } }],
    });
    const client = await clientOf(gateway.port);
    for (let i = 0; i < 6; i++) expect((await client.send(get()).response()).status).toBe(200);
    expect(good?.requests.length).toBe(6);
  });

  it('stays near, and goes farther when nothing near is there', async () => {
    const all = await upstreams(3);
    const gateway = await gatewayTo({ versions: { v1: [1] }, options: { locality: { region: 'eu', zone: 'a' } } });
    const places = [{ region: 'us' }, { region: 'eu', zone: 'b' }, { region: 'eu', zone: 'a' }];
    const endpoints = all.map((u, i) => ({ address: `127.0.0.1:${u.port}`, locality: places[i] }));
    for (const [left, expected] of [
      [3, [0, 0, 4]],
      [2, [0, 4, 4]],
      [1, [4, 4, 4]],
    ] as const) {
      await gateway.dataplane.apply(10 - left, withEndpoints(endpoints.slice(0, left)));
      const client = await clientOf(Number(gateway.dataplane.config().listeners[0]?.address.split(':').at(-1)));
      for (let i = 0; i < 4; i++) await client.send(get()).response();
      client.close();
      expect(seen(all)).toEqual(expected);
    }
  });
});

describe('the time-outs of a service', () => {
  it('close an unused connection to an endpoint when idleTimeout says so', async () => {
    const clock = new HeldClock();
    const [upstream] = await upstreams(1);
    const gateway = await gatewayTo({
      versions: { v1: [upstream?.port ?? 0] },
      resilience: { idleTimeout: '1s' },
      clock,
    });
    await (await clientOf(gateway.port)).send(get()).response();
    clock.move(1_500);
    gateway.dataplane.sweep();
    await upstream?.until(() => upstream.closed === 1);
    expect(gateway.dataplane.metrics().upstreamConnections).toBe(0);
  });

  it.each([
    ['TLS', undefined, {}],
    ['HTTP/2', 'http2', undefined],
  ] as const)('give up on an endpoint that never comes to speak %s', async (_, protocol, tls) => {
    const silent = await upstreamThat(() => undefined);
    silent.onConnection = () => undefined;
    const setup = { versions: { v1: [silent.port] }, resilience: { connectTimeout: '50ms' } };
    const documents = documentsOf({ ...setup, ...(protocol ? { protocol } : {}) }).map((d) =>
      d.kind === 'Service' && tls
        ? { ...d, spec: { ...d.spec, versions: { v1: { endpoints: [`127.0.0.1:${silent.port}`], tls } } } }
        : d,
    );
    const { port } = await proxyOf(documents);
    const answer = await ask(port, get());
    expect([answer.status, header(answer, 'x-meshproof-error')]).toEqual([503, 'UPSTREAM_CONNECT_FAILED']);
    expect(silent.connections).toBeGreaterThan(0);
  });
});
