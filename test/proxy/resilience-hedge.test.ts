/** Hedging through a real proxy: when a second endpoint is asked, and whose answer counts. */
import { describe, expect, it } from 'vitest';
import { HeldClock, overlay } from './gateway.ts';
import type { Gateway, Setup } from './gateway.ts';
import { ok, status } from './scripted-upstream.ts';
import type { Arrival, ScriptedUpstream } from './scripted-upstream.ts';
import { clientOf, gatewayTo, get, post, upstreamThat } from './stage.ts';

const SOON = { timeout: 10_000, interval: 5 };
const HEDGE = { hedge: { after: '100ms' } };

type Stage = {
  readonly gateway: Gateway;
  readonly clock: HeldClock;
  readonly upstreams: readonly ScriptedUpstream[];
  /** What has arrived and was not answered yet, in the order in which it came. */
  readonly held: Arrival[];
};

/** Endpoints that keep their requests until the test answers them. */
async function stageOf(n: number, rule: Record<string, unknown>, more: Partial<Setup> = {}): Promise<Stage> {
  const held: Arrival[] = [];
  const upstreams: ScriptedUpstream[] = [];
  for (let i = 0; i < n; i++) upstreams.push(await upstreamThat((arrival) => void held.push(arrival)));
  const clock = new HeldClock();
  const gateway = await gatewayTo({ versions: { v1: upstreams.map((u) => u.port) }, rules: [rule], clock, ...more });
  return { gateway, clock, upstreams, held };
}

/** Time passes for the proxy; the wheel's real interval turns a few times. */
async function pass(clock: HeldClock, ms: number): Promise<void> {
  clock.move(ms);
  await new Promise((resolve) => setTimeout(resolve, 30));
}

const arrived = ({ held }: Stage, n: number): Promise<void> => expect.poll(() => held.length, SOON).toBe(n);
const hedges = ({ gateway }: Stage): unknown => gateway.dataplane.metrics().hedges[0];
/** Which of the endpoints has this request. */
const on = ({ upstreams }: Stage, arrival: Arrival | undefined): number =>
  upstreams.findIndex((u) => u.openSockets.includes(arrival?.socket as never));

describe.each([
  ['in plain turns', {}],
  ['with a pool', { resilience: { balancer: { policy: 'least-request' }, outlierDetection: {} } }],
])('hedging %s', (_, more) => {
  it('asks another endpoint when there is no answer; the first good answer wins and the other attempt is broken off', async () => {
    const stage = await stageOf(2, HEDGE, more);
    const client = await clientOf(stage.gateway.port);
    client.send(get('/a'));
    await arrived(stage, 1);
    const first = on(stage, stage.held[0]);
    await pass(stage.clock, 150);
    await arrived(stage, 2);
    expect(on(stage, stage.held[1])).toBe(1 - first);
    stage.held[1]?.answer(ok('rival'));
    expect(await client.response()).toMatchObject({ status: 200, body: 'rival' });
    await stage.upstreams[first]?.until(() => stage.upstreams[first]?.closed === 1);
    expect(hedges(stage)).toMatchObject({ started: 1, won: 1 });
    await expectNothingInFlight(stage);
    client.send(get('/b')); // the connection that won serves again
    await arrived(stage, 3);
    stage.held[2]?.answer(ok('b'));
    expect((await client.response()).body).toBe('b');
  });

  it('leaves the first attempt its answer when it comes first, and breaks off the rival', async () => {
    const stage = await stageOf(2, HEDGE, more);
    const client = await clientOf(stage.gateway.port);
    client.send(get());
    await arrived(stage, 1);
    await pass(stage.clock, 150);
    await arrived(stage, 2);
    const rival = stage.upstreams[on(stage, stage.held[1])];
    stage.held[0]?.answer(ok('first'));
    expect((await client.response()).body).toBe('first');
    await rival?.until(() => rival.closed === 1);
    expect(hedges(stage)).toMatchObject({ started: 1, won: 0 });
    await expectNothingInFlight(stage);
  });

  it('waits for the other one when one fails, whichever it is', async () => {
    for (const failing of [0, 1]) {
      const stage = await stageOf(2, HEDGE, more);
      const client = await clientOf(stage.gateway.port);
      client.send(get());
      await arrived(stage, 1);
      await pass(stage.clock, 150);
      await arrived(stage, 2);
      if (failing === 0) stage.held[failing]?.answer(status(503));
      else stage.held[failing]?.socket.resetAndDestroy();
      await pass(stage.clock, 1);
      stage.held[1 - failing]?.answer(ok('good'));
      expect(await client.response()).toMatchObject({ status: 200, body: 'good' });
      await expectNothingInFlight(stage);
      expect(stage.gateway.dataplane.takeTelemetry().traffic[0]?.codes).toEqual({ 200: 1 });
    }
  });

  it('gives the client a failure when all have failed', async () => {
    const stage = await stageOf(2, HEDGE, more);
    const client = await clientOf(stage.gateway.port);
    client.send(get());
    await arrived(stage, 1);
    await pass(stage.clock, 150);
    await arrived(stage, 2);
    stage.held[0]?.answer(status(500));
    await pass(stage.clock, 1);
    stage.held[1]?.answer(status(503, 'last'));
    expect(await client.response()).toMatchObject({ status: 503, body: 'last' });
    await expectNothingInFlight(stage);
  });

  it('breaks everything off when the client goes', async () => {
    const stage = await stageOf(2, HEDGE, more);
    const client = await clientOf(stage.gateway.port);
    client.send(get());
    await arrived(stage, 1);
    await pass(stage.clock, 150);
    await arrived(stage, 2);
    client.socket.resetAndDestroy();
    for (const upstream of stage.upstreams) await upstream.until(() => upstream.closed === 1);
    await expectNothingInFlight(stage);
  });
});

async function expectNothingInFlight({ gateway }: Stage): Promise<void> {
  await expect.poll(() => gateway.dataplane.metrics().requestsInFlight, SOON).toBe(0);
  for (const { inFlight } of gateway.dataplane.endpoints()) expect(inFlight ?? 0).toBe(0);
}

describe('hedging', () => {
  it('asks as many as it may, each after another delay', async () => {
    const stage = await stageOf(4, { hedge: { after: '100ms', max: 2 } });
    const client = await clientOf(stage.gateway.port);
    client.send(get());
    for (const n of [1, 2, 3]) {
      await arrived(stage, n);
      await pass(stage.clock, 150);
    }
    await pass(stage.clock, 1_000);
    expect(stage.held).toHaveLength(3);
    expect(new Set(stage.held.map((a) => on(stage, a))).size).toBe(3);
    stage.held[2]?.answer(ok('third'));
    expect((await client.response()).body).toBe('third');
  });

  it.each([
    ['a request that is not safe to repeat', 2, HEDGE, post('pay')],
    ['there is only one endpoint', 1, HEDGE, get()],
    ['beyond the budget of retries', 2, { ...HEDGE, retry: { budget: { percent: 0, minConcurrent: 0 } } }, get()],
  ])('does nothing: %s', async (_, n, rule, request) => {
    const stage = await stageOf(n, rule);
    const client = await clientOf(stage.gateway.port);
    client.send(request);
    await arrived(stage, 1);
    await pass(stage.clock, 150);
    expect(stage.held).toHaveLength(1);
    stage.held[0]?.answer(ok());
    expect((await client.response()).status).toBe(200);
    expect(hedges(stage)).toMatchObject({ started: 0 });
  });

  it('asks another endpoint when a fault delays the first attempt, which then is never sent', async () => {
    const stage = await stageOf(2, HEDGE, {
      faults: [{ at: 'attempt', percent: 50, delay: { fixed: '10s' } }],
    });
    // By its seed and these identities the fault meets some first attempts and some rivals.
    const seen: string[] = [];
    for (let i = 0; i < 12; i++) {
      const client = await clientOf(stage.gateway.port);
      const before = stage.held.length;
      client.send(get('/', `x-request-id: id-${i}\r\n`));
      await expect.poll(() => stage.gateway.dataplane.metrics().requestsInFlight, SOON).toBe(1);
      await pass(stage.clock, 1);
      const isFirstDelayed = stage.held.length === before;
      await pass(stage.clock, 150);
      await pass(stage.clock, 1);
      const sent = stage.held.length - before;
      seen.push(`${isFirstDelayed ? 'delayed' : 'sent'}, ${sent} arrived`);
      if (sent === 0) await pass(stage.clock, 10_000);
      await expect.poll(() => stage.held.length, SOON).toBeGreaterThan(before);
      stage.held.at(-1)?.answer(ok(`${i}`));
      expect(await client.response()).toMatchObject({ status: 200, body: `${i}` });
      await expectNothingInFlight(stage);
      const total = stage.held.length;
      await pass(stage.clock, 10_000);
      // What was waiting out a delay when the other one won is never sent.
      if (sent > 0) expect(stage.held.length).toBe(total);
    }
    expect(new Set(seen)).toEqual(
      new Set(['delayed, 0 arrived', 'delayed, 1 arrived', 'sent, 1 arrived', 'sent, 2 arrived']),
    );
  });

  it('ends with a halt what a fault lets a rival wait', async () => {
    const stage = await stageOf(2, HEDGE, { faults: [{ at: 'attempt', delay: { fixed: '10m', max: '10m' } }] });
    const client = await clientOf(stage.gateway.port);
    client.send(get());
    await expect.poll(() => stage.gateway.dataplane.metrics().requestsInFlight, SOON).toBe(1);
    await pass(stage.clock, 150);
    expect([stage.held.length, hedges(stage)]).toMatchObject([0, { started: 1 }]);
    stage.gateway.dataplane.halt();
    await pass(stage.clock, 10);
    await arrived(stage, 2);
    stage.held[1]?.answer(ok('at last'));
    expect((await client.response()).body).toBe('at last');
    await expectNothingInFlight(stage);
  });

  it('ends it with a halt also where the rival has taken the place of the first attempt', async () => {
    const faults = [{ at: 'attempt', percent: 50, delay: { fixed: '10m', max: '10m' } }];
    for (let i = 0, met = 0; met === 0; i++) {
      const stage = await stageOf(2, HEDGE, { faults });
      const client = await clientOf(stage.gateway.port);
      client.send(get('/', `x-request-id: id-${i}\r\n`));
      await expect.poll(() => stage.gateway.dataplane.metrics().requestsInFlight, SOON).toBe(1);
      await pass(stage.clock, 150);
      await pass(stage.clock, 1);
      // By its seed the fault meets some rivals whose first attempt it does not meet.
      if (stage.held.length !== 1) continue;
      met++;
      stage.held[0]?.answer(status(503));
      await expect.poll(() => hedges(stage), SOON).toMatchObject({ won: 1 });
      stage.gateway.dataplane.halt();
      await pass(stage.clock, 10);
      await arrived(stage, 2);
      stage.held[1]?.answer(ok('at last'));
      expect((await client.response()).body).toBe('at last');
      await expectNothingInFlight(stage);
    }
  });

  it('counts for the arm the first attempt alone: one that failed has failed, whoever answered', async () => {
    const stage = await stageOf(2, HEDGE, {});
    const ports = stage.upstreams.map((u) => u.port);
    const gateway = await gatewayTo({
      versions: { v1: ports, v2: ports },
      rules: [HEDGE],
      clock: stage.clock,
    });
    gateway.dataplane.setOverlays([overlay()]);
    const client = await clientOf(gateway.port);
    client.send(get());
    await arrived(stage, 1);
    await pass(stage.clock, 150);
    await arrived(stage, 2);
    stage.held[0]?.answer(status(500));
    await pass(stage.clock, 1);
    stage.held[1]?.answer(ok());
    expect((await client.response()).status).toBe(200);
    const arms = gateway.dataplane.takeTelemetry().arms.filter((a) => a.arm === 'candidate');
    expect(arms).toMatchObject([{ requests: 1, errors: 1 }]);
  });
});
