/** Each kind of fault over real sockets: what the client sees, what is counted, and that it ends with a halt. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { signFault } from '../../contracts/signed-fault.ts';
import type { Dataplane } from '../../proxy/dataplane.ts';
import { HeldClock } from './gateway.ts';
import { askHttp2, http2Client } from './http2-stage.ts';
import { ok } from './scripted-upstream.ts';
import type { ScriptedUpstream } from './scripted-upstream.ts';
import { chain, clientOf, get } from './stage.ts';
import type { RawClient } from './raw-client.ts';

type Stage = { client: RawClient; dataplane: Dataplane; port: number; upstream: ScriptedUpstream };

async function withFault(spec: Record<string, unknown>, body = 'x'.repeat(1_000), rules?: object[]): Promise<Stage> {
  const { client, gateway, upstream } = await chain(({ answer }) => answer(ok(body, 'x-a: 1\r\n')), {
    faults: [spec],
    ...(rules ? { rules: rules as Record<string, unknown>[] } : {}),
  });
  return { client, dataplane: gateway.dataplane, port: gateway.port, upstream };
}

function injected(dataplane: Dataplane): Record<string, number> {
  return Object.fromEntries(dataplane.metrics().faults.map(({ type, injected }) => [type, injected]));
}

describe.each(['request', 'attempt'] as const)('at %s level', (at) => {
  it('an abort may carry Retry-After', async () => {
    const { client, dataplane } = await withFault({ at, abort: { status: 429, retryAfter: '1500ms' } });
    const { status, headers } = await client.send(get()).response();
    expect(status).toBe(429);
    expect(headers).toContainEqual(['retry-after', '2']);
    expect(injected(dataplane)).toEqual({ abort: 1 });
  });

  it('an abort may be that of a gRPC call', async () => {
    const { client } = await withFault({ at, abort: { grpcStatus: 'RESOURCE_EXHAUSTED' } });
    const { status, headers } = await client.send(get('/', 'content-type: application/grpc\r\n')).response();
    expect(status).toBe(200);
    expect(headers).toContainEqual(['grpc-status', '8']);
  });

  it('a reset in the body comes after the bytes that were asked for', async () => {
    const { client, dataplane } = await withFault({ at, abort: { resetAfterBytes: 100 } });
    await client.send(get()).untilEnded();
    expect(client.text.split('\r\n\r\n')[1]).toHaveLength(100);
    expect(injected(dataplane)).toEqual({ reset: 1 });
  });

  it('a truncated body breaks the connection, a cleanly truncated one is framed anew', async () => {
    const broken = await withFault({ at, truncate: { afterBytes: 10 } });
    await broken.client.send(get()).untilEnded();
    expect(broken.client.text).toContain('content-length: 1000');
    expect(broken.client.text.split('\r\n\r\n')[1]).toHaveLength(10);
    const clean = await withFault({ at, truncate: { afterBytes: 10, clean: true } });
    expect((await clean.client.send(get()).response()).body).toBe('x'.repeat(10));
  });

  it('a corrupt body keeps its length, and a replay is corrupt in the same places', async () => {
    const spec = { at, corrupt: { percent: 5 }, seed: 3 };
    const bodies = [];
    for (let run = 0; run < 2; run++) {
      const { client } = await withFault(spec);
      bodies.push((await client.send(get('/', 'x-request-id: r1\r\n')).response()).body);
    }
    const changed = [...(bodies[0] ?? '')].filter((c) => c !== 'x').length;
    expect(bodies[0]).toHaveLength(1_000);
    expect(changed).toBeGreaterThan(20);
    expect(changed).toBeLessThan(90);
    expect(bodies[1]).toBe(bodies[0]);
  });

  it('a body is replaced, or patched where it is a JSON object', async () => {
    const replaced = await withFault({ at, body: { replace: 'boo' } });
    expect((await replaced.client.send(get()).response()).body).toBe('boo');
    const patch = { price: -1, name: null };
    const patched = await withFault({ at, body: { patch } }, '{"price":3,"name":"tea","id":7}');
    expect(JSON.parse((await patched.client.send(get()).response()).body)).toEqual({ price: -1, id: 7 });
    const text = await withFault({ at, body: { patch } }, 'no json');
    expect((await text.client.send(get()).response()).body).toBe('no json');
    const large = await withFault({ at, body: { replace: 'boo', maxBytes: 10 } });
    expect((await large.client.send(get()).response()).body).toHaveLength(1_000);
    expect(injected(large.dataplane)).toEqual({ body: 0 });
  });

  it('headers are set and removed on both ways', async () => {
    const { client, upstream } = await withFault({
      at,
      headers: {
        request: { set: { 'x-tenant': 'other' }, remove: ['cookie'] },
        response: { set: { 'cache-control': 'no-store' }, remove: ['x-a'] },
      },
    });
    const { headers } = await client.send(get('/', 'cookie: a=b\r\nx-tenant: mine\r\n')).response();
    expect(upstream.bytes).toContain('x-tenant: other');
    expect(upstream.bytes).not.toMatch(/cookie|mine/);
    expect(headers).toContainEqual(['cache-control', 'no-store']);
    expect(headers.map(([name]) => name)).not.toContain('x-a');
  });

  it('a throttled body comes whole', async () => {
    const body = 'x'.repeat(20_000);
    const { client, dataplane } = await withFault({ at, throttle: { bytesPerSecond: 100_000 } }, body);
    expect((await client.send(get()).response()).body).toBe(body);
    expect(injected(dataplane)).toEqual({ throttle: 1 });
  });

  it('a request that hangs goes on when the fault is halted', async () => {
    const { client, dataplane } = await withFault({ at, hang: true });
    client.send(get());
    await expect.poll(() => injected(dataplane)).toEqual({ hang: 1 });
    dataplane.halt();
    expect((await client.response()).status).toBe(200);
  });

  it('a delay under way ends when its lease ends', async () => {
    const clock = new HeldClock();
    const { client, gateway } = await chain(({ answer }) => answer(ok('done')), {
      clock,
      faults: [{ at, delay: { fixed: '10m', max: '10m' }, lease: '5s' }],
    });
    client.send(get());
    await expect.poll(() => injected(gateway.dataplane)).toEqual({ delay: 1 });
    clock.move(5_001);
    gateway.dataplane.sweep();
    clock.move(50);
    expect((await client.response()).body).toBe('done');
  });

  it('a delay under way ends with its lease, without waiting for the next sweep', async () => {
    const { client, gateway } = await chain(({ answer }) => answer(ok('done')), {
      faults: [{ at, delay: { fixed: '10m', max: '10m' }, lease: '200ms' }],
    });
    vi.spyOn(gateway.dataplane, 'sweep').mockImplementation(() => {});
    expect((await client.send(get()).response()).body).toBe('done');
    expect(injected(gateway.dataplane)).toEqual({ delay: 1 });
  });

  it('only the first requests of each caller meet the fault', async () => {
    const { client } = await withFault({ at, first: { requests: 2, per: 'X-User' }, abort: { status: 503 } });
    const statuses: number[] = [];
    for (const user of ['a', 'a', 'b', 'a', 'b', 'b']) {
      statuses.push((await client.send(get('/', `x-user: ${user}\r\n`)).response()).status);
    }
    expect(statuses).toEqual([503, 503, 503, 200, 503, 200]);
  });

  it('rests when it has met as many requests as it may', async () => {
    const { client } = await withFault({ at, maxInjections: 2, abort: { status: 503 } });
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await client.send(get()).response()).status);
    expect(statuses).toEqual([503, 503, 200, 200]);
  });
});

describe('two faults on one service', () => {
  it('do not free each other: the end of the one shortens the wait only by its own part', async () => {
    const clock = new HeldClock();
    const { client, gateway } = await chain(({ answer }) => answer(ok('done')), {
      clock,
      faults: [
        { delay: { fixed: '1s' }, lease: '500ms' },
        { delay: { fixed: '2s' }, lease: '1h' },
      ],
    });
    client.send(get());
    await expect.poll(() => gateway.dataplane.metrics().faults.map((f) => f.injected)).toEqual([1, 1]);
    clock.move(600);
    gateway.dataplane.sweep();
    clock.move(1_200);
    await new Promise((turn) => setTimeout(turn, 30));
    expect(client.text).toBe('');
    clock.move(300);
    expect((await client.response()).body).toBe('done');
  });
});

describe('what cannot act', () => {
  it.each([
    ['a body that is not there', { corrupt: { percent: 100 } }, 'HTTP/1.1 204 No\r\n\r\n'],
    ['a body that is short enough', { truncate: { afterBytes: 10 } }, ok('short')],
    ['a body that is no JSON', { body: { patch: { a: 1 } } }, ok('text')],
    ['no body to slow down', { throttle: { bytesPerSecond: 1 } }, 'HTTP/1.1 204 No\r\n\r\n'],
  ])('on %s is not counted, nor uses up what the fault may do', async (_, act, answerText) => {
    const { client, gateway, upstream } = await chain(({ answer }) => answer(answerText), {
      faults: [{ ...act, maxInjections: 1 }],
    });
    await client.send(get()).response();
    const injectedOnce = (): number | undefined => gateway.dataplane.metrics().faults[0]?.injected;
    expect(injectedOnce()).toBe(0);
    upstream.script = ({ answer }) => answer(ok('{"a":0,"text":"long enough for all of them"}'));
    client.send(get());
    await expect.poll(injectedOnce).toBe(1);
  });
});

describe('a fault that is declared while connections are open', () => {
  it('meets the next request on each of them, over HTTP/1.1 and HTTP/2, and leaves them with its document', async () => {
    const { client, gateway, upstream } = await chain(({ answer }) => answer(ok('fine')));
    const session = http2Client(gateway.port);
    const overHttp2 = async (): Promise<unknown> => (await askHttp2(session, { ':path': '/' })).headers[':status'];
    expect((await client.send(get()).response()).status).toBe(200);
    expect(await overHttp2()).toBe(200);
    const { dataplane } = gateway;
    const { documents } = dataplane.config();
    const spec = { service: 'shop', abort: { status: 418 } };
    const fault = { apiVersion: 'meshproof.dev/v1', kind: 'Fault', metadata: { name: 'teapot' }, spec };
    await dataplane.apply(2, [...documents, fault]);
    expect((await client.send(get()).response()).status).toBe(418);
    expect(await overHttp2()).toBe(418);
    await dataplane.apply(3, documents);
    expect((await client.send(get()).response()).status).toBe(200);
    expect(await overHttp2()).toBe(200);
    expect(upstream.requests).toHaveLength(4);
  });
});

describe('a fault in a header', () => {
  const SECRET = 'only the testers know it';
  const signed = (fault: Record<string, unknown>, forMs = 60_000, secret = SECRET): string =>
    `x-meshproof-fault: ${signFault({ exp: Math.floor((Date.now() + forMs) / 1_000), fault }, secret)}\r\n`;

  async function gatewayWithSecret() {
    vi.stubEnv('TEST_FAULT_SECRET', SECRET);
    onTestFinished(() => void vi.unstubAllEnvs());
    const made = await chain(({ answer }) => answer(ok('fine')));
    const documents = made.gateway.dataplane
      .config()
      .documents.map((d) =>
        d.kind === 'Gateway' ? { ...d, spec: { ...d.spec, faultHeaders: { secretEnv: 'TEST_FAULT_SECRET' } } } : d,
      );
    await made.gateway.dataplane.apply(2, documents);
    return made;
  }

  it('is met by the request that brings it, when it is signed, and by no other', async () => {
    const { client, upstream } = await gatewayWithSecret();
    expect((await client.send(get('/', signed({ abort: { status: 418 } }))).response()).status).toBe(418);
    expect((await client.send(get()).response()).status).toBe(200);
    const changed = { body: { replace: 'boo' } };
    expect((await client.send(get('/', signed(changed))).response()).body).toBe('boo');
    expect(upstream.bytes).not.toContain('x-meshproof-fault');
  });

  it.each([
    ['with another secret', () => signed({ abort: { status: 418 } }, 60_000, 'somebody else had this')],
    ['for a time that is over', () => signed({ abort: { status: 418 } }, -5_000)],
    ['with an act that does not exist', () => signed({ explode: true })],
    ['not at all', () => 'X-Meshproof-Fault: abort=418\r\n'],
  ])('that is signed %s changes nothing, is counted, and goes no further', async (_, fields) => {
    const { client, gateway, upstream } = await gatewayWithSecret();
    expect((await client.send(get('/', fields())).response()).body).toBe('fine');
    expect(gateway.dataplane.metrics().errors).toEqual([{ code: 'FAULT_HEADER_REFUSED', count: 1 }]);
    expect(upstream.bytes.toLowerCase()).not.toContain('x-meshproof-fault');
  });

  it('needs a secret that is there', async () => {
    const { gateway } = await chain(({ answer }) => answer(ok('fine')));
    const documents = gateway.dataplane
      .config()
      .documents.map((d) =>
        d.kind === 'Gateway' ? { ...d, spec: { ...d.spec, faultHeaders: { secretEnv: 'NOT_THERE' } } } : d,
      );
    await expect(gateway.dataplane.apply(2, documents)).rejects.toThrow(/faultHeaders needs a secret .* NOT_THERE/);
  });
});

describe('a retry', () => {
  const rules = [{ retry: { attempts: 1, on: ['5xx'], backoff: '0ms' } }];

  it('heals an answer that a fault put in the place of the first attempt', async () => {
    const { client } = await withFault({ at: 'attempt', maxInjections: 1, abort: { status: 503 } }, 'fine', rules);
    expect((await client.send(get()).response()).body).toBe('fine');
  });

  it('heals an abort of any status that it names, and of a gRPC status below 500', async () => {
    for (const [abort, retry] of [
      [{ status: 409 }, { statuses: [409] }],
      [{ grpcStatus: 'CANCELLED' }, { on: ['cancelled'] }],
    ]) {
      const faults = [{ abort, first: { requests: 1 } }];
      const { client } = await chain(({ answer }) => answer(ok()), {
        faults,
        rules: [{ retry: { ...retry, backoff: '0ms' } }],
      });
      expect((await client.send(get()).response()).status).toBe(200);
    }
  });

  it('does not heal one that stands above it', async () => {
    const { client } = await withFault({ at: 'request', maxInjections: 1, abort: { status: 503 } }, 'fine', rules);
    expect((await client.send(get()).response()).status).toBe(503);
  });

  it('does not carry a truncation of the first attempt over to the second answer', async () => {
    const { client } = await withFault(
      { at: 'attempt', maxInjections: 1, abort: { status: 503 }, truncate: { afterBytes: 1, clean: true } },
      'fine',
      rules,
    );
    expect((await client.send(get()).response()).body).toBe('fine');
  });
});

it('an answer of HTTP/1.0, which has no chunks, ends with the connection where its body was changed', async () => {
  const { port } = await withFault({ body: { replace: 'boo' } });
  const client = await clientOf(port);
  await client.send('GET / HTTP/1.0\r\nhost: shop\r\n\r\n').untilEnded();
  expect(client.text).toMatch(/\r\n\r\nboo$/);
  expect(client.text).not.toMatch(/content-length|transfer-encoding/i);
});
