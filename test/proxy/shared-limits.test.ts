/** Two data planes that share their limits, as the workers of one proxy do, through real sockets. */
import { describe, expect, it } from 'vitest';
import type { Gateway } from './gateway.ts';
import { header } from './naive-http.ts';
import { ok, status } from './scripted-upstream.ts';
import type { Arrival } from './scripted-upstream.ts';
import { clientOf, get, upstreamThat } from './stage.ts';
import { two } from './worker-stage.ts';

const SOON = { timeout: 10_000, interval: 5 };

const statusOf = async (gateway: Gateway, path?: string): Promise<number> =>
  (await (await clientOf(gateway.port)).send(get(path)).response()).status;

describe('workers share', () => {
  it('the rate that a route lets pass', async () => {
    const upstream = await upstreamThat(({ answer }) => answer(ok()));
    const rules = [{ rateLimit: { requests: 6, per: '1h' } }];
    const gateways = await two({ versions: { v1: [upstream.port] }, rules });
    const statuses: number[] = [];
    for (let i = 0; i < 10; i++) statuses.push(await statusOf(gateways[i % 2 === 0 ? 0 : 1]));
    expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 429, 429, 429, 429]);
    const refused = await (await clientOf(gateways[0].port)).send(get()).response();
    expect(header(refused, 'ratelimit')).toMatch(/^"shop-1";r=0;t=3\d{3}$/);
    expect(Number(header(refused, 'retry-after'))).toBeGreaterThan(500);
  });

  it('the rate, also for requests that wait for the answer and whose client goes meanwhile', async () => {
    const upstream = await upstreamThat(({ answer }) => answer(ok()));
    const rules = [{ rateLimit: { requests: 3, per: '1h' } }];
    const [a, b] = await two({ versions: { v1: [upstream.port] }, rules });
    const gone = await clientOf(a.port);
    gone.send(get());
    gone.close();
    await expect.poll(() => a.dataplane.metrics().requestsInFlight, SOON).toBe(0);
    const statuses = await Promise.all([a, b, a, b, a].map((gateway) => statusOf(gateway)));
    expect(statuses.filter((s) => s === 200).length).toBeGreaterThanOrEqual(2);
    expect(statuses.filter((s) => s === 200).length).toBeLessThanOrEqual(3);
  });

  it('the requests that a circuit breaker allows', async () => {
    const held: Arrival[] = [];
    const upstream = await upstreamThat((arrival) => void held.push(arrival));
    const resilience = { circuitBreaker: { maxRequests: 4 } };
    const [a, b] = await two({ versions: { v1: [upstream.port] }, resilience });
    // Two each: a worker begins no more than its part of what is free before it has heard of the other.
    const waiting = [statusOf(a), statusOf(a), statusOf(b), statusOf(b)];
    await upstream.until(() => held.length === 4);
    for (const { elsewhere } of [a, b]) await expect.poll(() => elsewhere.get('requests'), SOON).toBe(2);
    for (const gateway of [a, b]) await expect.poll(() => statusOf(gateway), SOON).toBe(503);
    for (const arrival of held) arrival.answer(ok());
    expect(await Promise.all(waiting)).toEqual([200, 200, 200, 200]);
    upstream.script = ({ answer }) => answer(ok());
    await expect.poll(() => statusOf(b), SOON).toBe(200);
  });

  it('the connections that a circuit breaker allows, and one gives those that it does not need to the other', async () => {
    const upstream = await upstreamThat(({ answer }) => answer(ok()));
    const resilience = { circuitBreaker: { maxConnections: 1 } };
    const [a, b] = await two({ versions: { v1: [upstream.port] }, resilience });
    expect(await statusOf(a)).toBe(200);
    for (let i = 0; i < 6; i++) {
      expect(await statusOf(i % 2 === 0 ? b : a)).toBe(200);
      // Two that open at the same moment are one too many, until they have heard of each other.
      await expect.poll(() => upstream.openSockets.length, SOON).toBeLessThanOrEqual(1);
    }
  });

  it('the client connections of an address', async () => {
    const upstream = await upstreamThat(({ answer }) => answer(ok()));
    const [a, b] = await two({ versions: { v1: [upstream.port] }, limits: { maxConnections: 4 } });
    for (const gateway of [a, a, b, b]) {
      const client = await clientOf(gateway.port);
      expect((await client.send(get()).response()).status).toBe(200);
    }
    await expect.poll(() => a.elsewhere.get('clients'), SOON).toBe(2);
    const refused = async (): Promise<unknown> => {
      await clientOf(a.port);
      return a.dataplane.metrics().errors;
    };
    await expect.poll(refused, SOON).toMatchObject([{ code: 'OVERLOADED' }]);
    expect(a.dataplane.metrics().downstreamConnections).toBeLessThanOrEqual(3);
  });

  it('what was learnt of an endpoint: one ejects it for both', async () => {
    const bad = await upstreamThat(({ answer }) => answer(status(500)));
    const good = await upstreamThat(({ answer }) => answer(ok()));
    const resilience = { outlierDetection: { consecutive5xx: 2, maxEjectionPercent: 50 } };
    const [a, b] = await two({ versions: { v1: [bad.port, good.port] }, resilience });
    for (let i = 0; i < 4; i++) await statusOf(a);
    const states = (gateway: Gateway): unknown => gateway.dataplane.metrics().pools[0]?.states;
    const expected = { available: 1, ejected: 1, unhealthy: 0 };
    expect(states(a)).toEqual(expected);
    await expect.poll(() => states(b), SOON).toEqual(expected);
    expect(await Promise.all([statusOf(b), statusOf(b), statusOf(b)])).toEqual([200, 200, 200]);
    const ejections = [a, b].map((gateway) => gateway.dataplane.metrics().pools[0]?.ejections['consecutive-5xx']);
    expect(ejections).toEqual([1, 0]);
  });
});
