/** What a proxy does when it runs out of room itself, over real sockets. */
import { describe, expect, it } from 'vitest';
import { memoryInUse } from '../../proxy/admission/overload.ts';
import { HeldClock } from './gateway.ts';
import type { Gateway, Setup } from './gateway.ts';
import { askHttp2, http2Client } from './http2-stage.ts';
import { header } from './naive-http.ts';
import type { RawClient } from './raw-client.ts';
import { ok } from './scripted-upstream.ts';
import type { Arrival, ScriptedUpstream } from './scripted-upstream.ts';
import { chain, clientOf, get, post } from './stage.ts';

type Stage = { upstream: ScriptedUpstream; gateway: Gateway; client: RawClient; fill: (percent: number) => void };

async function stage(script = ({ answer }: Arrival): void => answer(ok()), setup: Partial<Setup> = {}): Promise<Stage> {
  let bytes = 0;
  const limits = { maxMemoryBytes: 1_000, maxConnections: 10 };
  const parts = await chain(script, { limits, options: { memoryBytes: () => bytes }, ...setup });
  const fill = (percent: number): void => {
    bytes = percent * 10;
    parts.gateway.dataplane.sweep();
  };
  return { ...parts, fill };
}

describe('memory', () => {
  it('near the limit answers, and lets the connection go', async () => {
    const { gateway, client, fill } = await stage();
    expect(header(await client.send(get()).response(), 'connection')).toBeUndefined();
    fill(92);
    const response = await client.send(get()).response();
    expect([response.status, header(response, 'connection')]).toEqual([200, 'close']);
    expect(await client.untilEnded()).not.toBe('open');
    expect(gateway.dataplane.metrics().overload).toBe(1);
  });

  it('at the limit refuses new connections, answers what is in flight, and takes them again', async () => {
    const held: Arrival[] = [];
    const { upstream, gateway, client, fill } = await stage((arrival) => held.push(arrival));
    const inFlight = client.send(get()).response();
    await upstream.until(() => held.length === 1);
    fill(100);
    expect(await (await clientOf(gateway.port)).untilEnded()).not.toBe('open');
    held[0]?.answer(ok());
    expect((await inFlight).status).toBe(200);
    expect(gateway.dataplane.metrics()).toMatchObject({ overload: 2, errors: [{ code: 'OVERLOADED', count: 1 }] });
    fill(20);
    upstream.script = ({ answer }) => answer(ok());
    expect((await (await clientOf(gateway.port)).send(get()).response()).status).toBe(200);
  });

  it('near the limit ends a connection of HTTP/2 after the requests that are under way', async () => {
    const { gateway, upstream, fill } = await stage(({ request, answer }) =>
      answer(request.target === '/held' ? '' : ok()),
    );
    fill(92);
    const session = http2Client(gateway.port);
    const goaway = new Promise((resolve) => session.once('goaway', resolve));
    const held = askHttp2(session, { ':path': '/held' });
    await goaway;
    await upstream.until(() => upstream.requests.length === 1);
    upstream.openSockets[0]?.write(ok('late'));
    expect((await held).body).toBe('late');
    await expect.poll(() => session.destroyed).toBe(true);
    expect((await askHttp2(http2Client(gateway.port), { ':path': '/' })).headers[':status']).toBe(200);
  });

  it('at the limit closes what is idle, on both sides', async () => {
    const clock = new HeldClock();
    const { gateway, upstream, client, fill } = await stage(undefined, { clock });
    await client.send(get()).response();
    const session = http2Client(gateway.port);
    await askHttp2(session, { ':path': '/' });
    clock.move(1);
    fill(100);
    expect(await client.untilEnded()).not.toBe('open');
    await expect.poll(() => session.destroyed).toBe(true);
    await expect.poll(() => upstream.openSockets.length).toBe(0);
    expect(gateway.dataplane.metrics()).toMatchObject({ downstreamConnections: 0, upstreamConnections: 0 });
  });

  it('that requests really hold is counted', async () => {
    const held = 30;
    const limits = { maxMemoryBytes: memoryInUse() + held * 500_000, holdBodyBytes: 1_000_000 };
    const { gateway } = await chain(() => {}, { limits, faults: [{ at: 'request', hang: true }] });
    for (let i = 0; i < held; i++) {
      const client = await clientOf(gateway.port);
      client.send(post('x'.repeat(900_000)));
    }
    const level = (): number => (gateway.dataplane.sweep(), gateway.dataplane.metrics().overload);
    await expect.poll(level, { timeout: 10_000 }).toBe(2);
    expect(await (await clientOf(gateway.port)).untilEnded()).not.toBe('open');
  });
});

describe('connections', () => {
  it('near the limit go after their answer', async () => {
    const { gateway, client, fill } = await stage();
    const others = await Promise.all(Array.from({ length: 8 }, () => clientOf(gateway.port)));
    for (const other of others) await other.send(get()).response();
    await client.send(get()).response();
    fill(0);
    expect(gateway.dataplane.metrics().overload).toBe(1);
    expect(header(await client.send(get()).response(), 'connection')).toBe('close');
  });
});
