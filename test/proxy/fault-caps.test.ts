/** What a fault may touch at most, over real sockets: held by one process, and by several workers together. */
import { describe, expect, it } from 'vitest';
import type { Dataplane } from '../../proxy/dataplane.ts';
import { HeldClock, overlay } from './gateway.ts';
import { ok } from './scripted-upstream.ts';
import type { Arrival } from './scripted-upstream.ts';
import { clientOf, gatewayTo, get, upstreamThat } from './stage.ts';
import { two } from './worker-stage.ts';

const SOON = { timeout: 10_000, interval: 5 };
const ABORT = { abort: { status: 503 } };

async function versions(): Promise<{ v1: number[] }> {
  return { v1: [(await upstreamThat(({ answer }) => answer(ok()))).port] };
}

/** One after the other, each over its own connection. @returns how many met an abort */
async function aborted(ports: readonly number[], requests: number, fields = ''): Promise<number> {
  let met = 0;
  for (let i = 0; i < requests; i++) {
    const client = await clientOf(ports[i % ports.length] ?? 0);
    if ((await client.send(get('/', fields)).response()).status === 503) met++;
    client.close();
  }
  return met;
}

/** All at once. @returns how many were answered, once the others are known to be held */
async function answeredAtOnce(ports: readonly number[], requests: number, held: number): Promise<number> {
  let answered = 0;
  for (let i = 0; i < requests; i++) {
    const client = await clientOf(ports[i % ports.length] ?? 0);
    void client
      .send(get())
      .response()
      .then(
        () => answered++,
        () => undefined,
      );
  }
  await expect.poll(() => answered, SOON).toBeGreaterThanOrEqual(requests - held);
  return answered;
}

function spared(dataplane: Dataplane): Record<string, number> {
  return Object.fromEntries(dataplane.metrics().spared.map(({ cap, spared }) => [cap, spared]));
}

describe('a cap on a fault', () => {
  it.each(['request', 'attempt'])('of requests at once leaves the others be, at %s level', async (at) => {
    const { port, dataplane } = await gatewayTo({
      versions: await versions(),
      faults: [{ at, hang: true, maxConcurrent: 3 }],
    });
    const held = await clientOf(port);
    held.send(get());
    await expect.poll(() => dataplane.metrics().faults[0]?.injected, SOON).toBe(1);
    expect(await answeredAtOnce([port], 8, 2)).toBe(6);
    expect(spared(dataplane)).toEqual({ concurrent: 6 });
    held.close();
    await expect.poll(() => dataplane.metrics().requestsInFlight, SOON).toBe(2);
    expect(await answeredAtOnce([port], 2, 1)).toBe(1);
  });

  it('of injections a second is free again a second later', async () => {
    const clock = new HeldClock();
    const faults = [{ ...ABORT, maxPerSecond: 4 }];
    const { port, dataplane } = await gatewayTo({ versions: await versions(), faults, clock });
    expect(await aborted([port], 10)).toBe(4);
    clock.move(999);
    expect(await aborted([port], 2)).toBe(0);
    clock.move(1);
    expect(await aborted([port], 10)).toBe(4);
    expect(spared(dataplane)).toEqual({ rate: 14 });
  });

  it('of the share holds for requests that all carry one id, too', async () => {
    const faults = [{ ...ABORT, percent: 100, maxShare: 20 }];
    const { port, dataplane } = await gatewayTo({ versions: await versions(), faults });
    expect(await aborted([port], 50, 'x-request-id: always-the-same\r\n')).toBe(10);
    expect(spared(dataplane)).toEqual({ share: 40 });
  });

  it('of connections at once counts each until its end', async () => {
    const waiting: Arrival[] = [];
    const upstream = await upstreamThat((arrival) => {
      if (waiting.push(arrival) % 3 === 0) for (const { answer } of waiting.splice(0)) answer(ok());
    });
    const faults = [{ tcp: { latency: { delay: '1ms' } }, maxConcurrent: 1 }];
    const { port, dataplane } = await gatewayTo({ versions: { v1: [upstream.port] }, faults });
    expect(await answeredAtOnce([port], 3, 0)).toBe(3);
    expect(spared(dataplane)).toEqual({ concurrent: 2 });
    for (const socket of upstream.openSockets) socket.destroy();
    await expect.poll(() => dataplane.metrics().upstreamConnections, SOON).toBe(0);
    expect(await answeredAtOnce([port], 3, 0)).toBe(3);
    expect(spared(dataplane)).toEqual({ concurrent: 4 });
  });
});

describe('workers together keep the cap', () => {
  it('of requests at once, and one takes what the other leaves', async () => {
    const gateways = await two({ versions: await versions(), faults: [{ hang: true, maxConcurrent: 4 }] });
    const ports = gateways.map(({ port }) => port);
    expect(await answeredAtOnce(ports, 12, 4)).toBe(8);
    const injected = (): number =>
      gateways.reduce((sum, g) => sum + (g.dataplane.metrics().faults[0]?.injected ?? 0), 0);
    expect(injected()).toBe(4);
    await expect.poll(() => aborted(ports, 4), SOON).toBe(0);
    expect(injected()).toBe(4);
  });

  it.each([
    ['injections', { maxInjections: 5 }],
    ['injections a second', { maxPerSecond: 5 }],
  ])('of %s, whichever of them the requests come to', async (_name, cap) => {
    const clock = new HeldClock();
    const gateways = await two({ versions: await versions(), faults: [{ ...ABORT, ...cap }], clock });
    const [a, b] = gateways.map(({ port }) => port);
    let met = await aborted([a ?? 0], 3);
    await expect
      .poll(async () => {
        met += await aborted([b ?? 0], 3);
        return met;
      }, SOON)
      .toBe(5);
    expect(await aborted([a ?? 0, b ?? 0], 10)).toBe(0);
  });
});

describe('an experiment', () => {
  const laid = (faults: Record<string, unknown>[], epoch = 1, limits = {}) =>
    overlay({
      epoch,
      candidate: 'v1',
      candidatePpm: 0,
      faults: faults.map((spec, i) => ({ name: `f${i}`, spec: { service: 'shop', ...spec } })),
      ...limits,
    });

  it('keeps its limits over all of its faults', async () => {
    const clock = new HeldClock();
    const { port, dataplane } = await gatewayTo({ versions: await versions(), clock });
    const faults = [
      { ...ABORT, match: { headers: { 'x-a': { exact: '1' } } } },
      { ...ABORT, match: { headers: { 'x-b': { exact: '1' } } } },
    ];
    dataplane.setOverlays([laid(faults, 1, { faultLimits: { maxPerSecond: 3 } })]);
    expect(await aborted([port], 2, 'x-a: 1\r\n')).toBe(2);
    expect(await aborted([port], 5, 'x-b: 1\r\n')).toBe(1);
    expect(dataplane.takeTelemetry().hits?.map(({ hits }) => hits)).toEqual([2, 1]);
  });

  it('keeps the caps of a fault from one step of its ramp to the next', async () => {
    const { port, dataplane } = await gatewayTo({ versions: await versions() });
    dataplane.setOverlays([laid([{ ...ABORT, percent: 99, maxInjections: 3 }], 1)]);
    expect(await aborted([port], 2)).toBe(2);
    dataplane.setOverlays([laid([{ ...ABORT, percent: 100, maxInjections: 3 }], 2)]);
    expect(await aborted([port], 5)).toBe(1);
  });
});
