/** Endpoints that are gone, and services that cannot reach each other, over real sockets. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { Dataplane } from '../../proxy/dataplane.ts';
import { HaltSwitch } from '../../proxy/halt-switch.ts';
import { documentsOf, HeldClock, portOf } from './gateway.ts';
import type { Gateway, Setup } from './gateway.ts';
import { ok } from './scripted-upstream.ts';
import { clientOf, gatewayTo, get, upstreamThat } from './stage.ts';
import { bytesDocuments, bytesGateway, says, serverThat } from './tcp-stage.ts';

function injected(dataplane: Dataplane): Record<string, number> {
  return Object.fromEntries(dataplane.metrics().faults.map(({ type, injected }) => [type, injected]));
}

/** Who answers, of as many requests. */
async function answers(port: number, requests: number): Promise<string[]> {
  const client = await clientOf(port);
  const seen: string[] = [];
  for (let i = 0; i < requests; i++) {
    const { status, body } = await client.send(get()).response();
    seen.push(status === 200 ? body : `${status}`);
  }
  client.close();
  return seen;
}

async function three(setup: Partial<Setup>): Promise<Gateway & { ports: number[] }> {
  const ports: number[] = [];
  for (const name of ['a', 'b', 'c']) ports.push((await upstreamThat(({ answer }) => answer(ok(name)))).port);
  return { ...(await gatewayTo({ ...setup, versions: { v1: ports } })), ports };
}

describe.each([
  ['plain round robin', {}],
  ['a pool', { resilience: { balancer: { policy: 'least-request' } } }],
] as const)('endpoints that are gone, with %s', (_name, setup) => {
  it('are not asked while the fault holds, and again when it is removed', async () => {
    const { dataplane, port, ports } = await three(setup);
    const declare = (version: number, faults: Record<string, unknown>[]): Promise<void> =>
      dataplane.apply(version, documentsOf({ versions: { v1: ports }, faults, ...setup }));
    await declare(2, [{ endpointGone: [`127.0.0.1:${ports[0]}`, `127.0.0.1:${ports[2]}`] }]);
    expect(new Set(await answers(port, 12))).toEqual(new Set(['b']));
    expect(injected(dataplane)).toEqual({ 'endpoint-gone': 12 });
    await declare(3, []);
    expect(new Set(await answers(port, 60))).toEqual(new Set(['a', 'b', 'c']));
  });

  it('may be given as a number, and be all there are', async () => {
    const some = await three({ ...setup, faults: [{ endpointGone: 2 }] });
    expect(new Set(await answers(some.port, 12)).size).toBe(1);
    const all = await three({ ...setup, faults: [{ endpointGone: 3 }] });
    expect(await answers(all.port, 1)).toEqual(['503']);
  });

  it('are back after a halt, and when the lease has ended', async () => {
    for (const end of ['halt', 'lease']) {
      const clock = new HeldClock();
      const { dataplane, port } = await three({ ...setup, clock, faults: [{ endpointGone: 3, lease: '1m' }] });
      expect(await answers(port, 1)).toEqual(['503']);
      if (end === 'halt') dataplane.halt();
      else {
        clock.move(60_001);
        dataplane.sweep();
      }
      expect((await answers(port, 1))[0]).toMatch(/^[abc]$/);
    }
  });
});

it('endpoints that are gone get no connection over TCP either', async () => {
  const [a, b] = [await serverThat(says('a')), await serverThat(says('b'))];
  const fault = { service: 'db', endpointGone: [`127.0.0.1:${a}`] };
  const spec = { protocol: 'tcp', defaultService: 'db' };
  const { dataplane, port } = await bytesGateway(spec, { db: { v1: [a, b] } }, [fault]);
  for (let i = 0; i < 4; i++) {
    const client = await clientOf(port);
    await client.untilEnded();
    expect(client.text).toBe('b');
  }
  expect(injected(dataplane)).toEqual({ 'endpoint-gone': 4 });
  await dataplane.apply(2, bytesDocuments(spec, { db: { v1: [a, b] } }, [{ service: 'db', endpointGone: 2 }]));
  await (await clientOf(portOf(dataplane))).untilEnded();
  expect(dataplane.metrics().errors).toEqual([{ code: 'UPSTREAM_NO_ENDPOINT', count: 1 }]);
});

describe('a partition', () => {
  /** The sidecar of `service`, and a gateway, of the same mesh. */
  async function sidecarOf(service: string, fault: Record<string, unknown> = {}): Promise<Dataplane> {
    const upstream = await upstreamThat(({ answer }) => answer(ok()));
    const dataplane = new Dataplane({
      source: `${service}-v1`,
      beside: { service, version: 'v1' },
      gateways: [],
      outbound: '127.0.0.1:0',
      halt: new HaltSwitch(),
      clock: { nowMs: () => performance.now() },
      seed: 7,
    });
    onTestFinished(() => dataplane.drain(0));
    const services = { shop: { v1: [upstream.port] }, cart: { v1: [upstream.port] }, till: { v1: [upstream.port] } };
    await dataplane.apply(
      1,
      bytesDocuments({ defaultService: 'shop' }, services, [
        { service: 'shop', partition: { from: 'cart' }, ...fault },
      ]),
    );
    return dataplane;
  }

  const askFor = async (dataplane: Dataplane, host: string): Promise<number> => {
    const client = await clientOf(portOf(dataplane));
    const { status } = await client.send(`GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`).response();
    return status;
  };

  it('keeps one service from the other, and nobody else', async () => {
    const cart = await sidecarOf('cart');
    expect(await askFor(cart, 'shop')).toBe(503);
    expect(cart.metrics().errors).toContainEqual({ code: 'UPSTREAM_CONNECT_FAILED', count: 1 });
    expect(injected(cart)).toEqual({ partition: 1 });
    expect(await askFor(cart, 'till')).toBe(200);
    const till = await sidecarOf('till');
    expect(await askFor(till, 'shop')).toBe(200);
    expect(injected(till)).toEqual({ partition: 0 });
  });

  it('lets no connection through either, which is passed on as bytes', async () => {
    const cart = await sidecarOf('cart');
    const connect = async (host: string): Promise<number> =>
      (
        await (
          await clientOf(portOf(cart))
        )
          .send(`CONNECT ${host}:80 HTTP/1.1\r\nhost: ${host}:80\r\n\r\n`)
          .response('CONNECT')
      ).status;
    expect(await connect('shop')).toBe(503);
    expect(injected(cart)).toEqual({ partition: 1 });
    expect(await connect('till')).toBe(200);
    cart.halt();
    expect(await connect('shop')).toBe(200);
  });

  it('ends with a halt', async () => {
    const cart = await sidecarOf('cart');
    cart.halt();
    expect(await askFor(cart, 'shop')).toBe(200);
  });
});
