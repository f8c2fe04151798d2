/** Faults on connections over real sockets: new ones and those that are open already, their removal, and a halt. */
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Dataplane } from '../../proxy/dataplane.ts';
import { documentsOf, HeldClock } from './gateway.ts';
import type { Setup } from './gateway.ts';
import { http2Upstream } from './http2-stage.ts';
import type { RawClient } from './raw-client.ts';
import { ok } from './scripted-upstream.ts';
import { chain, clientOf, gatewayTo, get } from './stage.ts';
import { bytesDocuments, bytesGateway, echo, serverThat } from './tcp-stage.ts';
import type { Services } from './tcp-stage.ts';

const SPEC = { protocol: 'tcp', defaultService: 'db' };

type Under = {
  readonly dataplane: Dataplane;
  readonly client: RawClient;
  readonly services: Services;
  readonly sockets: Socket[];
};

/** An echo behind a gateway with faults, and a client that has connected. */
async function under(faults: readonly Record<string, unknown>[], clock?: HeldClock): Promise<Under> {
  const sockets: Socket[] = [];
  const db = await serverThat((socket) => {
    sockets.push(socket);
    echo(socket);
  });
  const services = { db: { v1: [db] } };
  const declared = faults.map((tcp) => ({ service: 'db', tcp }));
  const { dataplane, port } = await bytesGateway(SPEC, services, declared, clock);
  const client = await clientOf(port);
  return { dataplane, client, services, sockets };
}

/** Declares these faults, and no others. */
async function declare({ dataplane, services }: Under, ...faults: Record<string, unknown>[]): Promise<void> {
  const declared = faults.map((tcp) => ({ service: 'db', tcp }));
  await dataplane.apply(2, bytesDocuments(SPEC, services, declared));
}

async function echoed({ client }: Under, text: string): Promise<void> {
  client.text = '';
  client.send(text);
  await client.until(() => client.text === text);
}

function injected(dataplane: Dataplane): Record<string, number> {
  return Object.fromEntries(dataplane.metrics().faults.map(({ type, injected }) => [type, injected]));
}

describe('a fault on new connections', () => {
  it('resets both sides', async () => {
    const stage = await under([{ reset: {} }]);
    let atServer = '';
    await expect.poll(() => stage.sockets.length).toBe(1);
    stage.sockets[0]?.on('error', (error: NodeJS.ErrnoException) => (atServer = error.code ?? ''));
    expect(await stage.client.send('a').untilEnded()).toBe('reset');
    await expect.poll(() => atServer).toBe('ECONNRESET');
    expect(injected(stage.dataplane)).toEqual({ 'tcp-reset': 1 });
  });

  it('closes after the bytes that may pass, which all arrive', async () => {
    const stage = await under([{ limitData: { bytes: 100_000 } }]);
    stage.client.send(Buffer.alloc(500_000, 'a'));
    await stage.client.untilEnded();
    expect(stage.client.text).toHaveLength(100_000);
    await expect.poll(() => stage.sockets[0]?.destroyed).toBe(true);
    await expect.poll(() => stage.dataplane.metrics().tcp[0]).toMatchObject({ opened: 1, closed: 1 });
  });

  it('limits what the client sends, where it is meant for that direction', async () => {
    const stage = await under([{ direction: 'upstream', limitData: { bytes: 5 } }]);
    await stage.client.send('abcdefgh').untilEnded();
    await expect.poll(() => stage.sockets[0]?.bytesRead).toBe(5);
  });

  it('slices and throttles without losing or mixing a byte', async () => {
    const stage = await under([
      { slicer: { averageBytes: 1_000, variationBytes: 500 }, bandwidth: { bytesPerSecond: 20_000_000 } },
      { direction: 'upstream', slicer: { averageBytes: 10_000 } },
    ]);
    const text = Array.from({ length: 100_000 }, (_, i) => `${i} `).join('');
    await echoed(stage, text);
    stage.client.socket.end();
    expect(await stage.client.untilEnded()).toBe('closed');
    expect(injected(stage.dataplane)).toMatchObject({ 'tcp-bandwidth': 1 });
  });

  it('meets the share of connections that was asked for, the same ones in a replay', async () => {
    const runs: string[] = [];
    for (let run = 0; run < 2; run++) {
      const db = await serverThat(echo);
      const { port } = await bytesGateway(SPEC, { db: { v1: [db] } }, [
        { service: 'db', percent: 40, seed: 5, tcp: { limitData: { bytes: 0 } } },
      ]);
      let fates = '';
      for (let i = 0; i < 25; i++) {
        const client = await clientOf(port);
        client.send('a');
        await client.until(() => client.ended || client.text === 'a');
        fates += client.ended ? '-' : '+';
        client.close();
      }
      runs.push(fates);
    }
    expect(runs[0]).toBe(runs[1]);
    expect(runs[0]).toMatch(/-.*\+|\+.*-/);
  });
});

describe('a fault on connections that are open already', () => {
  it('meets an idle one', async () => {
    const stage = await under([]);
    await echoed(stage, 'before');
    await declare(stage, { reset: {} });
    expect(await stage.client.untilEnded()).toBe('reset');
    expect(injected(stage.dataplane)).toEqual({ 'tcp-reset': 1 });
  });

  it('delays what comes from then on, and lets go of it when it is removed', async () => {
    const stage = await under([], new HeldClock());
    await echoed(stage, 'before');
    await declare(stage, { latency: { delay: '1h' } });
    stage.client.text = '';
    stage.client.send('held');
    await expect.poll(() => injected(stage.dataplane)).toEqual({ 'tcp-latency': 1 });
    expect(stage.client.text).toBe('');
    await declare(stage);
    await stage.client.until(() => stage.client.text === 'held');
    await echoed(stage, 'after');
  });

  it('lets go of it at a halt, and at the end of the lease', async () => {
    const clock = new HeldClock();
    for (const end of ['halt', 'lease']) {
      const stage = await under([{ latency: { delay: '24h' } }], clock);
      stage.client.send(end);
      await expect.poll(() => injected(stage.dataplane)).toEqual({ 'tcp-latency': 1 });
      if (end === 'halt') stage.dataplane.halt();
      else {
        clock.move(5 * 60_000 + 1);
        stage.dataplane.sweep();
      }
      await stage.client.until(() => stage.client.text === end);
    }
  });

  it('keeps all bytes in order while faults come and go in the middle of them', async () => {
    const stage = await under([]);
    const text = Array.from({ length: 300_000 }, (_, i) => `${i} `).join('');
    stage.client.send(text);
    const { client } = stage;
    for (let round = 1; round <= 4; round++) {
      await client.until(() => client.text.length > (text.length / 8) * round);
      if (round % 2 === 0) await declare(stage);
      else await declare(stage, { slicer: { averageBytes: 1_000 }, latency: { delay: '10ms' } });
    }
    await client.until(() => client.text.length === text.length);
    expect(client.text === text).toBe(true);
  });

  it('passes a half-close on behind what it holds', async () => {
    const stage = await under([{ direction: 'upstream', latency: { delay: '20ms' }, slowClose: { delay: '20ms' } }]);
    stage.client.send('last words');
    stage.client.socket.end();
    expect(await stage.client.untilEnded()).toBe('closed');
    expect(stage.client.text).toBe('last words');
  });
});

describe('a fault on connections beneath HTTP', () => {
  const http = async (tcp: Record<string, unknown>, setup: Partial<Setup> = {}) =>
    chain(({ answer }) => answer(ok('x'.repeat(1_000))), { faults: [{ tcp }], ...setup });

  it('cuts an answer short, which does not look complete then', async () => {
    const { client, gateway } = await http({ limitData: { bytes: 500 } });
    await client.send(get()).untilEnded();
    expect(client.text).toContain('content-length: 1000');
    expect(client.text.length).toBeLessThan(1_000);
    expect(injected(gateway.dataplane)).toEqual({ 'tcp-limit-data': 1 });
  });

  it('is met by the retry, which another connection may spare it', async () => {
    const { client, upstream, gateway } = await http(
      { direction: 'upstream', limitData: { bytes: 10 } },
      { rules: [{ split: [{ version: 'v1', weight: 100 }], retry: { attempts: 3, on: ['reset'] } }] },
    );
    expect((await client.send(get()).response()).status).toBe(502);
    expect(upstream.requests).toHaveLength(0);
    expect(injected(gateway.dataplane)).toEqual({ 'tcp-limit-data': 4 });
  });

  it('answers whole and in order through slices and delays, and on connections that are reused', async () => {
    const { client, upstream } = await http({ slicer: { averageBytes: 7 }, latency: { delay: '1ms' } });
    for (let i = 0; i < 5; i++) expect((await client.send(get()).response()).body).toBe('x'.repeat(1_000));
    expect(upstream.connections).toBe(1);
  });

  it('meets requests whose connection would have been open already, and leaves with the document', async () => {
    const { client, gateway, upstream } = await chain(({ answer }) => answer(ok()));
    const declare = (version: number, faults: Record<string, unknown>[]): Promise<void> =>
      gateway.dataplane.apply(version, documentsOf({ versions: { v1: [upstream.port] }, faults }));
    expect((await client.send(get()).response()).status).toBe(200);
    await declare(2, [{ tcp: { direction: 'upstream', limitData: { bytes: 0 } } }]);
    expect((await client.send(get()).response()).status).toBe(502);
    await declare(3, []);
    expect((await client.send(get()).response()).status).toBe(200);
  });

  it('works beneath HTTP/2', async () => {
    const upstream = await http2Upstream((stream) => {
      stream.respond({ ':status': 200 });
      stream.end('x'.repeat(1_000));
    });
    const faults = [{ tcp: { slicer: { averageBytes: 50 }, latency: { delay: '1ms' } } }];
    const gateway = await gatewayTo({ versions: { v1: [upstream.port] }, protocol: 'http2', faults });
    const client = await clientOf(gateway.port);
    for (let i = 0; i < 3; i++) expect((await client.send(get()).response()).body).toBe('x'.repeat(1_000));
    expect(injected(gateway.dataplane)).toEqual({ 'tcp-latency': 1, 'tcp-slicer': 1 });
  });
});
