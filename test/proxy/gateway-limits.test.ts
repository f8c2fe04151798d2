/** Limits of clients and of gateways, over real sockets. */
import { describe, expect, it } from 'vitest';
import { documentsOf, HeldClock } from './gateway.ts';
import type { Gateway, Setup } from './gateway.ts';
import { header } from './naive-http.ts';
import { ok } from './scripted-upstream.ts';
import type { Arrival, ScriptedUpstream } from './scripted-upstream.ts';
import { chain, clientOf, get, post } from './stage.ts';

/** The chain of one upstream, behind a gateway with this spec. */
async function behindGate(
  spec: Record<string, unknown>,
  script: (arrival: Arrival) => void,
  setup: Omit<Setup, 'versions'> = {},
): Promise<{ upstream: ScriptedUpstream; gateway: Gateway; again: () => Promise<void> }> {
  const { upstream, gateway } = await chain(script, { clock: new HeldClock(), ...setup });
  const documents = documentsOf({ ...setup, versions: { v1: [upstream.port] } }).map((document) =>
    document.kind === 'Gateway' ? { ...document, spec: { ...document.spec, ...spec } } : document,
  );
  let version = 2;
  const again = (): Promise<void> => gateway.dataplane.apply(version++, documents);
  await again();
  return { upstream, gateway, again };
}

describe('a limit by client', () => {
  it('counts each value of a header for itself, and says on every answer what is left', async () => {
    const { client } = await chain(({ answer }) => answer(ok()), {
      rules: [{ name: 'all', rateLimit: { requests: 2, per: '10s', by: 'x-api-key' } }],
      clock: new HeldClock(),
    });
    const ask = async (key: string): Promise<unknown[]> => {
      const response = await client.send(get('/', `x-api-key: ${key}\r\n`)).response();
      return [response.status, header(response, 'ratelimit'), header(response, 'ratelimit-policy')];
    };
    const policy = '"all";q=2;w=10';
    expect(await ask('a')).toEqual([200, '"all";r=1;t=5', policy]);
    expect(await ask('a')).toEqual([200, '"all";r=0;t=10', policy]);
    expect(await ask('a')).toEqual([429, '"all";r=0;t=10', policy]);
    expect(await ask('b')).toEqual([200, '"all";r=1;t=5', policy]);
  });

  it('counts addresses behind a trusted proxy, and nothing that the client says of itself', async () => {
    const { client } = await chain(({ answer }) => answer(ok()), {
      rules: [{ rateLimit: { requests: 1, by: { address: { trustedHops: 1 } }, headers: false } }],
      clock: new HeldClock(),
    });
    const status = async (list: string): Promise<number> =>
      (await client.send(get('/', `x-forwarded-for: ${list}\r\n`)).response()).status;
    expect([await status('1.1.1.1, 2.2.2.2'), await status('3.3.3.3, 2.2.2.2'), await status('4.4.4.4')]).toEqual([
      200, 429, 200,
    ]);
  });

  it('is the address of the connection where no proxy is trusted; without headers nothing is told', async () => {
    const { client } = await chain(({ answer }) => answer(ok()), {
      rules: [{ rateLimit: { requests: 1, by: { address: {} }, headers: false } }],
      clock: new HeldClock(),
    });
    expect((await client.send(get('/', 'x-forwarded-for: 1.1.1.1\r\n')).response()).status).toBe(200);
    const refused = await client.send(get('/', 'x-forwarded-for: 2.2.2.2\r\n')).response();
    expect([refused.status, header(refused, 'ratelimit'), header(refused, 'retry-after')]).toEqual([
      429,
      undefined,
      '1',
    ]);
  });
});

describe('a gateway', () => {
  it('limits what comes in before any route, keeps its count across configurations, and speaks beside the route', async () => {
    const rules = [{ name: 'all', rateLimit: { requests: 100, per: '1s' } }];
    const script = ({ answer }: Arrival): void => answer(ok());
    const { upstream, gateway, again } = await behindGate({ rateLimit: { requests: 2, per: '1m' } }, script, { rules });
    const client = await clientOf(gateway.port);
    const first = await client.send(get()).response();
    const told = first.headers.filter(([name]) => name === 'ratelimit-policy').map(([, value]) => value);
    expect(told).toEqual(['"edge";q=2;w=60', '"all";q=100;w=1']);
    await again();
    expect((await client.send(get()).response()).status).toBe(200);
    const refused = await client.send(get()).response();
    expect([refused.status, header(refused, 'x-meshproof-error')]).toEqual([429, 'RATE_LIMITED']);
    expect(upstream.requests).toHaveLength(2);
  });

  it('lets in so many at once, whatever their service and route, and counts what it refuses', async () => {
    const held: Arrival[] = [];
    const { upstream, gateway } = await behindGate({ admission: { maxInFlight: 1 } }, (arrival) => held.push(arrival));
    const first = (await clientOf(gateway.port)).send(get()).response();
    await upstream.until(() => held.length === 1);
    const second = await clientOf(gateway.port);
    const refused = await second.send(post('x')).response();
    expect([refused.status, header(refused, 'x-meshproof-error')]).toEqual([503, 'OVERLOADED']);
    held[0]?.answer(ok());
    await first;
    upstream.script = ({ answer }) => answer(ok());
    expect((await second.send(get()).response()).status).toBe(200);
    expect(gateway.dataplane.metrics().admission).toMatchObject([{ service: 'gateway/edge', limit: 1, shed: 1 }]);
  });

  it('makes room again when a client goes away before its answer', async () => {
    const held: Arrival[] = [];
    const { upstream, gateway } = await behindGate({ admission: { maxInFlight: 1 } }, (arrival) => held.push(arrival));
    const first = await clientOf(gateway.port);
    first.send(get());
    await upstream.until(() => held.length === 1);
    first.socket.resetAndDestroy();
    await expect.poll(() => gateway.dataplane.metrics().requestsInFlight).toBe(0);
    upstream.script = ({ answer }) => answer(ok());
    expect((await (await clientOf(gateway.port)).send(get()).response()).status).toBe(200);
  });
});
