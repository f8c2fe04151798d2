/** The circuit breaker of a service, through a real proxy. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../proxy/random.ts';
import { documentsOf } from './gateway.ts';
import type { Gateway } from './gateway.ts';
import { header } from './naive-http.ts';
import type { RawClient } from './raw-client.ts';
import { ok, status } from './scripted-upstream.ts';
import type { Arrival, ScriptedUpstream } from './scripted-upstream.ts';
import { clientOf, gatewayTo, get, upstreamThat } from './stage.ts';

const SOON = { timeout: 10_000, interval: 5 };

/** An upstream that keeps its requests until the test answers them. */
async function holding(): Promise<{ upstream: ScriptedUpstream; held: Arrival[] }> {
  const held: Arrival[] = [];
  const upstream = await upstreamThat((arrival) => void held.push(arrival));
  return { upstream, held };
}

const breaker = (limits: Record<string, number>): { circuitBreaker: Record<string, number> } => ({
  circuitBreaker: limits,
});
const pool = (gateway: Gateway): unknown => gateway.dataplane.metrics().pools[0];

/** Clients that have each sent a request; the next one only when the proxy has begun with the one before. */
async function asking(gateway: Gateway, n: number): Promise<RawClient[]> {
  const clients: RawClient[] = [];
  for (let i = 0; i < n; i++) {
    const client = await clientOf(gateway.port);
    clients.push(client.send(get(`/${i}`)));
    await expect.poll(() => gateway.dataplane.metrics().requestsInFlight, SOON).toBe(i + 1);
  }
  return clients;
}

describe('maxConnections', () => {
  it('lets requests wait for a connection, in turn, and maxPending bounds how many', async () => {
    const { upstream, held } = await holding();
    const gateway = await gatewayTo({
      versions: { v1: [upstream.port] },
      resilience: breaker({ maxConnections: 1, maxPending: 2 }),
    });
    const clients = await asking(gateway, 3);
    const refused = await (await clientOf(gateway.port)).send(get('/refused')).response();
    expect([refused.status, header(refused, 'x-meshproof-error')]).toEqual([503, 'CIRCUIT_OPEN']);
    expect(pool(gateway)).toMatchObject({ pending: 2, overflows: { pending: 1 } });
    for (const [i, client] of clients.entries()) {
      await upstream.until(() => held.length === i + 1);
      held[i]?.answer(ok(`${i}`));
      expect((await client.response()).body).toBe(`${i}`);
    }
    expect(upstream.connections).toBe(1);
    expect(upstream.requests.map((r) => r.target)).toEqual(['/0', '/1', '/2']);
    expect(pool(gateway)).toMatchObject({ pending: 0 });
  });

  it('gives a waiting request the endpoint that is free first', async () => {
    const one = await holding();
    const other = await holding();
    const gateway = await gatewayTo({
      versions: { v1: [one.upstream.port, other.upstream.port] },
      resilience: breaker({ maxConnections: 2 }),
    });
    await asking(gateway, 4); // two are under way, two wait
    await one.upstream.until(() => one.held.length === 1);
    for (let i = 0; i < 2; i++) {
      one.held[i]?.answer(ok());
      await one.upstream.until(() => one.held.length === i + 2);
    }
    expect([one.upstream.connections, other.upstream.connections]).toEqual([1, 1]);
  });

  it('forgets a request whose client has gone, and a connection that broke makes room', async () => {
    const { upstream, held } = await holding();
    const gateway = await gatewayTo({
      versions: { v1: [upstream.port] },
      resilience: breaker({ maxConnections: 1 }),
    });
    const [first, second, third] = await asking(gateway, 3);
    second?.socket.resetAndDestroy();
    await expect.poll(() => pool(gateway), SOON).toMatchObject({ pending: 1 });
    await upstream.until(() => held.length === 1);
    held[0]?.socket.resetAndDestroy();
    expect((await first?.response())?.status).toBe(502);
    await upstream.until(() => held.length === 2);
    held[1]?.answer(ok('third'));
    expect((await third?.response())?.body).toBe('third');
  });

  it('that is lifted lets go of everyone who waits', async () => {
    const { upstream, held } = await holding();
    const setup = { versions: { v1: [upstream.port] } };
    const gateway = await gatewayTo({ ...setup, resilience: breaker({ maxConnections: 1 }) });
    const clients = await asking(gateway, 3);
    await gateway.dataplane.apply(2, documentsOf({ ...setup, resilience: { connectTimeout: '5s' } }));
    await upstream.until(() => held.length === 1);
    held[0]?.answer(ok());
    expect((await clients[0]?.response())?.status).toBe(200);
    for (let i = 1; i < 3; i++) {
      await upstream.until(() => held.length >= i + 1);
      held[i]?.answer(ok());
    }
    for (const client of clients.slice(1)) expect((await client.response()).status).toBe(200);
  });

  it('counts a time-out of the queue against the request, not against the endpoint', async () => {
    const { upstream } = await holding();
    const gateway = await gatewayTo({
      versions: { v1: [upstream.port] },
      resilience: { ...breaker({ maxConnections: 1 }), outlierDetection: { consecutive5xx: 2 } },
      rules: [
        { match: { path: { exact: '/0' } } },
        { retry: { attempts: 1, on: ['timeout'], perTryTimeout: '20ms', backoff: '1ms' } },
      ],
    });
    const [, waiting] = await asking(gateway, 2);
    expect((await waiting?.response())?.status).toBe(504);
    expect(gateway.dataplane.endpoints()).toMatchObject([{ state: 'available', inFlight: 1 }]);
  });
});

describe('maxConnections under everything at once', () => {
  it('is never exceeded, and every request gets an answer', async () => {
    const random = new Random(11);
    let most = 0;
    // Answers, closes after its answer, or breaks in the middle of one; at once or a little later.
    const unsteady = ({ answer, socket }: Arrival): void => {
      most = Math.max(most, gateway.dataplane.metrics().upstreamConnections);
      const kind = random.uint32() % 4;
      const act = (): void => {
        if (kind < 2) answer(ok());
        else if (kind === 2) answer(ok('ok', 'connection: close\r\n'));
        else {
          answer('HTTP/1.1 200 OK\r\n');
          socket.end();
        }
      };
      if (random.uint32() % 2 === 0) act();
      else setTimeout(act, random.uint32() % 8);
    };
    const upstreams = [await upstreamThat(unsteady), await upstreamThat(unsteady), await upstreamThat(unsteady)];
    const gateway = await gatewayTo({
      versions: { v1: upstreams.map((u) => u.port) },
      resilience: { ...breaker({ maxConnections: 3 }), balancer: { policy: 'least-request' } },
    });
    const ask = async (): Promise<number[]> => {
      const client = await clientOf(gateway.port);
      const statuses: number[] = [];
      for (let i = 0; i < 12; i++) statuses.push((await client.send(get()).response()).status);
      return statuses;
    };
    const all = (await Promise.all(Array.from({ length: 12 }, ask))).flat();
    expect(all).toHaveLength(144);
    expect(new Set(all)).toEqual(new Set([200, 502]));
    expect(most).toBe(3);
    expect(pool(gateway)).toMatchObject({ pending: 0, overflows: { pending: 0 } });
    for (const { inFlight } of gateway.dataplane.endpoints()) expect(inFlight).toBe(0);
  });
});

describe('maxRequests', () => {
  it('answers what is beyond at once; what has ended makes room', async () => {
    const { upstream, held } = await holding();
    const gateway = await gatewayTo({ versions: { v1: [upstream.port] }, resilience: breaker({ maxRequests: 2 }) });
    const clients = await asking(gateway, 2);
    const client = await clientOf(gateway.port);
    expect(header(await client.send(get()).response(), 'x-meshproof-error')).toBe('CIRCUIT_OPEN');
    expect(pool(gateway)).toMatchObject({ overflows: { requests: 1 } });
    await upstream.until(() => held.length === 2);
    held[0]?.answer(ok());
    await clients[0]?.response();
    client.send(get());
    await upstream.until(() => held.length === 3);
    held[2]?.answer(ok('again'));
    expect((await client.response()).body).toBe('again');
  });

  it('is never retried', async () => {
    const { upstream } = await holding();
    const gateway = await gatewayTo({
      versions: { v1: [upstream.port] },
      resilience: breaker({ maxRequests: 1 }),
      rules: [{ retry: { attempts: 5, on: ['5xx'] } }],
    });
    await asking(gateway, 1);
    expect((await (await clientOf(gateway.port)).send(get()).response()).status).toBe(503);
    expect(gateway.dataplane.takeTelemetry().traffic[0]).toMatchObject({ retries: 0 });
  });
});

describe('maxRetries', () => {
  it('bounds the retries of a service beside the budget: the failure itself goes to the client', async () => {
    const upstream = await upstreamThat(({ answer }) => answer(status(503, 'mine')));
    const gateway = await gatewayTo({
      versions: { v1: [upstream.port] },
      resilience: breaker({ maxRetries: 0 }),
      rules: [{ retry: { attempts: 2, on: ['5xx'], backoff: '1ms' } }],
    });
    expect(await (await clientOf(gateway.port)).send(get()).response()).toMatchObject({ status: 503, body: 'mine' });
    expect(upstream.requests).toHaveLength(1);
    expect(pool(gateway)).toMatchObject({ overflows: { retries: 1 } });
  });
});
