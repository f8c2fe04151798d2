/** Refusing what a service cannot bear, over real sockets. */
import { describe, expect, it } from 'vitest';
import type { Gateway } from './gateway.ts';
import { HeldClock, overlay } from './gateway.ts';
import { header } from './naive-http.ts';
import { ok } from './scripted-upstream.ts';
import type { Arrival } from './scripted-upstream.ts';
import { chain, clientOf, gatewayTo, get, upstreamThat } from './stage.ts';

const withAdmission = (admission: Record<string, unknown>): { resilience: Record<string, unknown> } => ({
  resilience: { admission },
});
const totals = (gateway: Gateway): unknown => gateway.dataplane.metrics().admission;

describe('a fixed limit', () => {
  it('refuses what is above it at once, and lets in again when an answer has ended', async () => {
    const held: Arrival[] = [];
    const { upstream, gateway, client } = await chain(
      (arrival) => held.push(arrival),
      withAdmission({ maxInFlight: 1 }),
    );
    const first = client.send(get('/first')).response();
    await upstream.until(() => held.length === 1);
    const second = await clientOf(gateway.port);
    const refused = await second.send(get('/second')).response();
    expect(refused.status).toBe(503);
    expect([header(refused, 'x-meshproof-error'), header(refused, 'retry-after')]).toEqual(['OVERLOADED', '1']);
    held[0]?.answer(ok());
    expect((await first).status).toBe(200);
    upstream.script = ({ answer }) => answer(ok());
    expect((await second.send(get('/third')).response()).status).toBe(200);
    expect(upstream.requests.map((r) => r.target)).toEqual(['/first', '/third']);
    expect(totals(gateway)).toMatchObject([{ service: 'shop', limit: 1, shed: 1 }]);
  });

  it('is one for all routes of the service', async () => {
    const held: Arrival[] = [];
    const { upstream, gateway, client } = await chain((arrival) => held.push(arrival), {
      ...withAdmission({ maxInFlight: 1 }),
      rules: [{ match: { path: { prefix: '/a' } } }],
    });
    client.send(get('/a'));
    await upstream.until(() => held.length === 1);
    const other = await clientOf(gateway.port);
    expect((await other.send(get('/b')).response()).status).toBe(503);
  });

  it('refuses before an arm is chosen: no arm counts it', async () => {
    const held: Arrival[] = [];
    const v1 = await upstreamThat(({ answer }) => answer(ok()));
    const v2 = await upstreamThat((arrival) => held.push(arrival));
    const gateway = await gatewayTo({
      versions: { v1: [v1.port], v2: [v2.port] },
      ...withAdmission({ maxInFlight: 1 }),
    });
    gateway.dataplane.setOverlays([overlay()]);
    const first = (await clientOf(gateway.port)).send(get()).response();
    await v2.until(() => held.length === 1);
    expect((await (await clientOf(gateway.port)).send(get()).response()).status).toBe(503);
    held[0]?.answer(ok());
    expect((await first).status).toBe(200);
    const { arms } = gateway.dataplane.takeTelemetry();
    expect(arms.reduce((sum, arm) => sum + arm.requests, 0)).toBe(1);
  });
});

describe('an adaptive limit', () => {
  it('falls while answers come later than the target, and is not raised while it is not used', async () => {
    const clock = new HeldClock();
    let latencyMs = 200;
    const script = ({ answer }: Arrival): void => {
      clock.move(latencyMs);
      answer(ok());
    };
    const setup = { ...withAdmission({ adaptive: true, targetLatency: '100ms' }), clock };
    const { gateway, client } = await chain(script, setup);
    const ask = async (times: number): Promise<void> => {
      for (let i = 0; i < times; i++) expect((await client.send(get()).response()).status).toBe(200);
    };
    expect(totals(gateway)).toMatchObject([{ service: 'shop', limit: 20, shed: 0 }]);
    await ask(150);
    expect(totals(gateway)).toMatchObject([{ service: 'shop', limit: 3, shed: 0 }]);
    latencyMs = 50;
    await ask(50);
    // One request at a time does not use half of three.
    expect(totals(gateway)).toMatchObject([{ service: 'shop', limit: 3, shed: 0 }]);
  });

  it('lets no more in than its limit, and keeps it when the configuration comes anew', async () => {
    const held: Arrival[] = [];
    const setup = withAdmission({ adaptive: true, maxInFlight: 2 });
    const { upstream, gateway } = await chain((arrival) => held.push(arrival), setup);
    const clients = await Promise.all([1, 2].map(() => clientOf(gateway.port)));
    for (const client of clients) client.send(get());
    await upstream.until(() => held.length === 2);
    const refused = await (await clientOf(gateway.port)).send(get()).response();
    expect(refused.status).toBe(503);
    await gateway.dataplane.apply(2, gateway.dataplane.config().documents);
    expect(totals(gateway)).toMatchObject([{ service: 'shop', limit: 2, shed: 1 }]);
  });
});
