/** Active health checks of a real proxy. */
import { expect, it } from 'vitest';
import { overlay } from './gateway.ts';
import { ok, status } from './scripted-upstream.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';
import { clientOf, gatewayTo, get, upstreamThat } from './stage.ts';

const SOON = { timeout: 10_000, interval: 5 };
const CHECK = {
  healthCheck: {
    http: { path: '/health' },
    interval: '10ms',
    timeout: '5s',
    unhealthyThreshold: 2,
    healthyThreshold: 1,
  },
};

type Patient = { readonly upstream: ScriptedUpstream; well: boolean; readonly served: () => number };

async function patient(): Promise<Patient> {
  const made = { well: true, served: () => upstream.requests.filter((r) => r.target !== '/health').length };
  const upstream = await upstreamThat(({ request, answer }) =>
    answer(request.target === '/health' && !made.well ? status(500) : ok()),
  );
  return Object.assign(made, { upstream });
}

it('an endpoint that fails its checks gets no requests, until it passes again', async () => {
  const sick = await patient();
  const well = await patient();
  const gateway = await gatewayTo({ versions: { v1: [sick.upstream.port, well.upstream.port] }, resilience: CHECK });
  const states = (): string[] => gateway.dataplane.endpoints().map((e) => e.state);
  await expect.poll(() => gateway.dataplane.metrics().pools[0]?.checks.passed, SOON).toBeGreaterThan(2);
  sick.well = false;
  await expect.poll(states, SOON).toEqual(['unhealthy', 'available']);
  const client = await clientOf(gateway.port);
  for (let i = 0; i < 6; i++) await client.send(get()).response();
  expect([sick.served(), well.served()]).toEqual([0, 6]);
  sick.well = true;
  await expect.poll(states, SOON).toEqual(['available', 'available']);
  for (let i = 0; i < 6; i++) await client.send(get()).response();
  expect(sick.served()).toBe(3);
});

it('checks are not traffic: no arm and no counter sees them', async () => {
  const one = await patient();
  const two = await patient();
  const gateway = await gatewayTo({
    versions: { v1: [one.upstream.port], v2: [two.upstream.port] },
    resilience: CHECK,
  });
  gateway.dataplane.setOverlays([overlay()]);
  two.well = false;
  await expect.poll(() => gateway.dataplane.metrics().pools[1]?.checks.failed, SOON).toBeGreaterThan(2);
  expect(gateway.dataplane.takeTelemetry()).toEqual({ traffic: [], arms: [] });
  expect(gateway.dataplane.metrics().upstreamConnectionsTotal).toBe(0);
});

it('with everyone unhealthy all are used; a threshold of 0 says no instead', async () => {
  const only = await patient();
  only.well = false;
  for (const [panicThreshold, expected] of [
    [50, 200],
    [0, 503],
  ] as const) {
    const resilience = { ...CHECK, balancer: { panicThreshold } };
    const gateway = await gatewayTo({ versions: { v1: [only.upstream.port] }, resilience });
    await expect.poll(() => gateway.dataplane.endpoints()[0]?.state, SOON).toBe('unhealthy');
    expect((await (await clientOf(gateway.port)).send(get()).response()).status).toBe(expected);
    await gateway.close();
  }
});

it('a version that is gone is not checked any more', async () => {
  const one = await patient();
  const gateway = await gatewayTo({ versions: { v1: [one.upstream.port] }, resilience: CHECK });
  await expect.poll(() => gateway.dataplane.metrics().pools[0]?.checks.passed, SOON).toBeGreaterThan(0);
  await gateway.dataplane.apply(2, []);
  expect(gateway.dataplane.metrics().pools).toEqual([]);
  await expect.poll(() => one.upstream.openSockets.length, SOON).toBe(0);
  const asked = one.upstream.requests.length;
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(one.upstream.requests.length).toBe(asked);
});
