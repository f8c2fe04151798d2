/** What a proxy does when it runs out of room itself, over real sockets. */
import { describe, expect, it } from 'vitest';
import type { Gateway } from './gateway.ts';
import { header } from './naive-http.ts';
import type { RawClient } from './raw-client.ts';
import { ok } from './scripted-upstream.ts';
import type { Arrival, ScriptedUpstream } from './scripted-upstream.ts';
import { chain, clientOf, get } from './stage.ts';

type Stage = { upstream: ScriptedUpstream; gateway: Gateway; client: RawClient; fill: (percent: number) => void };

async function stage(script = ({ answer }: Arrival): void => answer(ok())): Promise<Stage> {
  let bytes = 0;
  const limits = { maxMemoryBytes: 1_000, maxConnections: 10 };
  const parts = await chain(script, { limits, options: { memoryBytes: () => bytes } });
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
