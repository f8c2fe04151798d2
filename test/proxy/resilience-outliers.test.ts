/** Outlier detection through a real proxy: what ejects an endpoint, and what does not. */
import { describe, expect, it } from 'vitest';
import { documentsOf, HeldClock } from './gateway.ts';
import { ok, status } from './scripted-upstream.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';
import { clientOf, gatewayTo, get, upstreamThat } from './stage.ts';

const healthy = (): Promise<ScriptedUpstream> => upstreamThat(({ answer }) => answer(ok()));
const OUTLIERS = { outlierDetection: { baseEjection: '30s' } };

describe('outlier detection', () => {
  it('ejects an endpoint that fails five times in a row, and takes it back when its time is over', async () => {
    let broken = true;
    const bad = await upstreamThat(({ answer }) => answer(broken ? status(500) : ok()));
    const good = await healthy();
    const clock = new HeldClock();
    const gateway = await gatewayTo({ versions: { v1: [bad.port, good.port] }, resilience: OUTLIERS, clock });
    const client = await clientOf(gateway.port);
    for (let i = 0; i < 30; i++) await client.send(get()).response();
    expect([bad.requests.length, good.requests.length]).toEqual([5, 25]);
    broken = false;
    clock.move(30_000);
    gateway.dataplane.sweep();
    for (let i = 0; i < 10; i++) await client.send(get()).response();
    expect([bad.requests.length, good.requests.length]).toEqual([10, 30]);
  });

  it('keeps an ejection when a configuration comes', async () => {
    const bad = await upstreamThat(({ answer }) => answer(status(500)));
    const good = await healthy();
    const setup = { versions: { v1: [bad.port, good.port] }, resilience: OUTLIERS };
    const gateway = await gatewayTo({ ...setup, clock: new HeldClock() });
    const client = await clientOf(gateway.port);
    for (let i = 0; i < 12; i++) await client.send(get()).response();
    expect(bad.requests.length).toBe(5);
    const random = { ...setup, resilience: { ...OUTLIERS, balancer: { policy: 'random' } } };
    const timed = { ...setup, resilience: { ...OUTLIERS, connectTimeout: '9s' } };
    for (const next of [setup, { ...setup, rules: [{ timeout: '9s' }] }, random, timed]) {
      await gateway.dataplane.apply(2, documentsOf(next));
      const again = await clientOf(Number(gateway.dataplane.config().listeners[0]?.address.split(':').at(-1)));
      for (let i = 0; i < 10; i++) expect((await again.send(get()).response()).status).toBe(200);
    }
    expect(bad.requests.length).toBe(5);
  });

  it('counts an endpoint to which no connection can be made', async () => {
    const good = await healthy();
    const dead = await healthy();
    dead.close();
    const gateway = await gatewayTo({ versions: { v1: [dead.port, good.port] }, resilience: OUTLIERS });
    const client = await clientOf(gateway.port);
    const statuses: number[] = [];
    for (let i = 0; i < 20; i++) statuses.push((await client.send(get()).response()).status);
    expect(statuses.filter((s) => s === 503)).toHaveLength(5);
  });
});

describe('a fault', () => {
  it('at attempt level is met by the retry, and ejects the endpoint', async () => {
    const all = [await healthy(), await healthy()];
    const gateway = await gatewayTo({
      versions: { v1: all.map((u) => u.port) },
      // Both may go: what is injected meets every endpoint alike. In panic all are used again.
      resilience: { outlierDetection: { maxEjectionPercent: 100 } },
      rules: [{ retry: { attempts: 1, on: ['5xx'], backoff: '1ms' } }],
      faults: [{ at: 'attempt', abort: { status: 503 } }],
      clock: new HeldClock(),
    });
    const client = await clientOf(gateway.port);
    for (let i = 0; i < 4; i++) expect((await client.send(get()).response()).status).toBe(503);
    const states = (): unknown[] => gateway.dataplane.endpoints().map((e) => e.ejectedForMs !== null);
    expect(states()).toEqual([false, false]); // four attempts each
    await client.send(get()).response();
    expect(states()).toEqual([true, true]);
    expect(gateway.dataplane.takeTelemetry().traffic[0]).toMatchObject({ retries: 5 });
    expect(all.map((u) => u.requests.length)).toEqual([0, 0]);
  });

  it('at request level is not met by the retry, and ejects nobody', async () => {
    const upstream = await healthy();
    const gateway = await gatewayTo({
      versions: { v1: [upstream.port] },
      resilience: { outlierDetection: {} },
      rules: [{ retry: { attempts: 1, on: ['5xx'] } }],
      faults: [{ at: 'request', abort: { status: 503 } }],
    });
    const client = await clientOf(gateway.port);
    for (let i = 0; i < 20; i++) expect((await client.send(get()).response()).status).toBe(503);
    expect(gateway.dataplane.takeTelemetry().traffic[0]).toMatchObject({ retries: 0 });
    expect(gateway.dataplane.endpoints()).toMatchObject([{ ejectedForMs: null }]);
  });

  it('that touches half of the attempts is hidden by the retry', async () => {
    const upstream = await healthy();
    const gateway = await gatewayTo({
      versions: { v1: [upstream.port] },
      rules: [{ retry: { attempts: 10, on: ['5xx'], backoff: '1ms' } }],
      faults: [{ at: 'attempt', percent: 50, abort: { status: 503 } }],
    });
    const client = await clientOf(gateway.port);
    for (let i = 0; i < 20; i++) expect((await client.send(get(`/${i}`)).response()).status).toBe(200);
  });
});
