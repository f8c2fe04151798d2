/** Configurations that come and go under traffic, and draining. */
import { describe, expect, it } from 'vitest';
import { HeldClock, documentsOf } from './gateway.ts';
import { header } from './naive-http.ts';
import { RawClient } from './raw-client.ts';
import type { Arrival } from './scripted-upstream.ts';
import { ok } from './scripted-upstream.ts';
import { chain, clientOf, gatewayTo, get, upstreamThat } from './stage.ts';

const apiVersion = 'meshproof.dev/v1';

describe('a new configuration', () => {
  it('loses no request under load', async () => {
    const v1 = await upstreamThat(({ answer }) => answer(ok('one')));
    const v2 = await upstreamThat(({ answer }) => answer(ok('two')));
    const { dataplane, port } = await gatewayTo({ versions: { v1: [v1.port] } });
    const clients = await Promise.all(Array.from({ length: 16 }, () => clientOf(port)));
    let running = true;
    const bodies = new Set<string>();
    let answers = 0;
    const load = clients.map(async (client) => {
      while (running) {
        const response = await client.send(get()).response();
        expect(response.status).toBe(200);
        bodies.add(response.body);
        answers++;
      }
    });
    for (let version = 2; version < 40; version++) {
      const even = version % 2 === 0;
      await dataplane.apply(version, documentsOf({ versions: even ? { v2: [v2.port] } : { v1: [v1.port] } }));
      const before = answers;
      await expect.poll(() => answers, { interval: 1 }).toBeGreaterThan(before + 20);
    }
    running = false;
    await Promise.all(load);
    expect([...bodies].sort()).toEqual(['one', 'two']);
    const total = dataplane.metrics().traffic.reduce((sum, t) => sum + t.codes.reduce((s, [, n]) => s + n, 0), 0);
    expect(total).toBe(answers);
    expect(v1.requests.length + v2.requests.length).toBe(answers);
  }, 20_000);

  it('that is refused leaves the old one working, and says everything that is wrong', async () => {
    const { gateway, client } = await chain(({ answer }) => answer(ok()));
    const broken = [
      ...documentsOf({ versions: { v1: [1] } }).slice(1),
      {
        apiVersion,
        kind: 'Gateway',
        metadata: { name: 'edge' },
        spec: { listen: '127.0.0.1:0', defaultService: 'shpo' },
      },
      { apiVersion, kind: 'Fault', metadata: { name: 'f' }, spec: { service: 'nothing', abort: { status: 503 } } },
    ];
    const refusal = await gateway.dataplane.apply(2, broken).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'CONFIG_REFUSED' });
    expect(String(refusal)).toMatch(/shpo.*shop.*nothing/s);
    expect(gateway.dataplane.config().version).toBe(1);
    expect((await client.send(get()).response()).status).toBe(200);
    await gateway.dataplane.apply(3, documentsOf({ versions: { v1: [1] } })); // a refusal does not hold up the next
    expect(gateway.dataplane.config().version).toBe(3);
  });

  it('whose address is taken is refused, naming gateway and address, and opens nothing of it', async () => {
    const other = await chain(({ answer }) => answer(ok()));
    const { gateway } = await chain(({ answer }) => answer(ok()));
    const free = await RawClient.open(gateway.port);
    free.close();
    const documents = [
      ...documentsOf({ versions: { v1: [1] } }),
      {
        apiVersion,
        kind: 'Gateway',
        metadata: { name: 'first' },
        spec: { listen: '127.0.0.1:0', defaultService: 'shop' },
      },
      {
        apiVersion,
        kind: 'Gateway',
        metadata: { name: 'taken' },
        spec: { listen: `127.0.0.1:${other.gateway.port}`, defaultService: 'shop' },
      },
    ];
    const refusal = await gateway.dataplane.apply(2, documents).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'ADDRESS_IN_USE' });
    expect(String(refusal)).toContain(`127.0.0.1:${other.gateway.port} (gateway taken)`);
    expect(gateway.dataplane.config().listeners.map((l) => l.name)).toEqual(['gateway edge']);
  });

  it('may give the address of a gateway to another one', async () => {
    const { upstream, gateway, client } = await chain(({ answer }) => answer(ok()));
    const listen = `127.0.0.1:${gateway.port}`;
    const service = documentsOf({ versions: { v1: [upstream.port] } }).slice(1);
    const named = (name: string) => [
      { apiVersion, kind: 'Gateway', metadata: { name }, spec: { listen, defaultService: 'shop' } },
      ...service,
    ];
    // The ephemeral listener holds the address: leave it first, then name it.
    await gateway.dataplane.apply(2, service);
    await expect
      .poll(() =>
        gateway.dataplane.apply(3, named('edge')).then(
          () => 'open',
          () => 'taken',
        ),
      )
      .toBe('open');
    await gateway.dataplane.apply(4, named('front'));
    expect(gateway.dataplane.config().listeners).toEqual([{ name: 'gateway front', address: listen }]);
    const fresh = await clientOf(gateway.port);
    expect((await fresh.send(get()).response()).status).toBe(200);
    client.close();
  });

  it('without a gateway lets its connections end after the answer they wait for', async () => {
    const { upstream, gateway, client } = await chain(() => {});
    const idle = await clientOf(gateway.port);
    client.send(get());
    await upstream.until(() => upstream.requests.length === 1);
    await gateway.dataplane.apply(2, documentsOf({ versions: { v1: [upstream.port] } }).slice(1));
    expect(await idle.untilEnded()).toBe('closed');
    upstream.openSockets[0]?.write(ok());
    const response = await client.response();
    expect([response.status, header(response, 'connection')]).toEqual([200, 'close']);
    await client.untilEnded();
    await expect.poll(() => gateway.dataplane.metrics().downstreamConnections).toBe(0);
    gateway.dataplane.sweep();
    expect(gateway.dataplane.metrics().downstreamConnectionsTotal).toBe(2);
  });

  it('that drops an endpoint and takes it back reuses connections to it again', async () => {
    let held: Arrival | undefined;
    const a = await upstreamThat((arrival) => {
      if (arrival.request.target === '/held') held = arrival;
      else arrival.answer(ok('a'));
    });
    const b = await upstreamThat(({ answer }) => answer(ok('b')));
    const { dataplane, port } = await gatewayTo({ versions: { v1: [a.port] } });
    const [client, waiting] = [await clientOf(port), await clientOf(port)];
    waiting.send(get('/held')); // keeps the endpoint alive while no version names it
    await a.until(() => held !== undefined);
    const bodies = [];
    for (const [i, upstream] of [a, b, a].entries()) {
      await dataplane.apply(i + 2, documentsOf({ versions: { v1: [upstream.port] } }));
      for (let k = 0; k < 3; k++) bodies.push((await client.send(get()).response()).body);
    }
    expect(bodies.join('')).toBe('aaabbbaaa');
    expect([a.connections, b.connections]).toEqual([3, 1]);
    held?.answer(ok('late'));
    expect((await waiting.response()).body).toBe('late');
    expect(dataplane.metrics().upstreamConnectionsTotal).toBe(4);
  });

  it('that comes while another is opening waits for it', async () => {
    const { dataplane } = await gatewayTo({ versions: { v1: [1] } });
    const two = [
      ...documentsOf({ versions: { v1: [1] } }),
      {
        apiVersion,
        kind: 'Gateway',
        metadata: { name: 'second' },
        spec: { listen: '127.0.0.1:0', defaultService: 'shop' },
      },
    ];
    await Promise.all([dataplane.apply(2, two), dataplane.apply(3, documentsOf({ versions: { v1: [1] } }))]);
    expect(dataplane.config()).toMatchObject({ version: 3, listeners: [{ name: 'gateway edge' }] });
  });

  it('leaves the leases, counts and halts of unchanged faults alone', async () => {
    const clock = new HeldClock();
    const faults = [{ abort: { status: 503 }, lease: '10s' }];
    const { upstream, gateway, client } = await chain(({ answer }) => answer(ok()), { clock, faults });
    const versions = { v1: [upstream.port] };
    await client.send(get()).response();
    clock.move(6_000);
    await gateway.dataplane.apply(2, documentsOf({ versions, faults }));
    expect(gateway.dataplane.config().faults).toEqual([{ name: 'fault-1', active: true, leaseLeftMs: 4_000 }]);
    expect(gateway.dataplane.metrics().faults[0]?.injected).toBe(1);
    gateway.dataplane.halt();
    await gateway.dataplane.apply(3, documentsOf({ versions, faults }));
    expect((await client.send(get()).response()).status).toBe(200);
    await gateway.dataplane.apply(4, documentsOf({ versions, faults: [{ abort: { status: 504 } }] }));
    expect((await client.send(get()).response()).status).toBe(504);
  });
});

describe('draining', () => {
  it('finishes the requests that are in flight, closes the idle, and takes no more', async () => {
    const { upstream, gateway, client } = await chain(() => {});
    const idle = await clientOf(gateway.port);
    client.send(get());
    await upstream.until(() => upstream.requests.length === 1);
    const drained = gateway.dataplane.drain(10_000);
    expect(gateway.dataplane.ready()).toBe(false);
    expect(await idle.untilEnded()).toBe('closed');
    await expect(RawClient.open(gateway.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    upstream.openSockets[0]?.write(ok('in time'));
    const response = await client.response();
    expect([response.body, header(response, 'connection')]).toEqual(['in time', 'close']);
    await drained;
    expect(gateway.dataplane.metrics()).toMatchObject({
      downstreamConnections: 0,
      upstreamConnections: 0,
      requestsInFlight: 0,
    });
  });

  it('ends when its time is up, whoever still waits', async () => {
    const { upstream, gateway, client } = await chain(() => {});
    client.send(get());
    await upstream.until(() => upstream.requests.length === 1);
    await gateway.dataplane.drain(30);
    expect(await client.untilEnded()).not.toBe('open');
  });
});
