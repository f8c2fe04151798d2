/** What a client sees when its endpoint fails, and what is tried before. */
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HeldClock, overlay } from './gateway.ts';
import { header } from './naive-http.ts';
import type { NaiveResponse } from './naive-http.ts';
import type { Arrival } from './scripted-upstream.ts';
import { ok, status } from './scripted-upstream.ts';
import { chain, clientOf, gatewayTo, get, post, upstreamThat } from './stage.ts';

function marked(response: NaiveResponse): (string | number | undefined)[] {
  return [response.status, header(response, 'x-meshproof-error')];
}

/** A port on which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Moves a held clock until the wheel's real interval has turned. */
async function pass(clock: HeldClock, ms: number): Promise<void> {
  clock.move(ms);
  await new Promise((resolve) => setTimeout(resolve, 25));
}

describe('a connection that the upstream closed while it was idle', () => {
  /** Answers the first request of a connection and closes at the second. */
  const fickle = ({ request, socket, answer }: Arrival): void => {
    const isFirst = !Object.hasOwn(socket, 'served');
    Object.assign(socket, { served: true });
    if (isFirst) answer(ok(request.method));
    else socket.destroy();
  };

  it('costs an idempotent request nothing: it is sent again, once, on a new connection', async () => {
    const { upstream, gateway, client } = await chain(fickle);
    await client.send(get('/1')).response();
    expect((await client.send(get('/2')).response()).status).toBe(200);
    expect(upstream.requests.map((r) => r.target)).toEqual(['/1', '/2', '/2']);
    expect(gateway.dataplane.takeTelemetry().traffic[0]).toMatchObject({ codes: { 200: 2 }, retries: 0 });
  });

  it('is not enough reason to send a POST again', async () => {
    const { upstream, client } = await chain(fickle);
    await client.send(get()).response();
    expect(marked(await client.send(post('pay')).response())).toEqual([502, 'UPSTREAM_RESET']);
    expect(upstream.requests).toHaveLength(2);
  });

  it('is not tried for ever', async () => {
    let first = true;
    const { upstream, client } = await chain(({ socket, answer }) => {
      if (first) answer(ok());
      else socket.destroy();
      first = false;
    });
    await client.send(get()).response();
    expect(marked(await client.send(get()).response())).toEqual([502, 'UPSTREAM_RESET']);
    expect(upstream.requests).toHaveLength(3);
  });

  it('is not sent again once a 1xx has come', async () => {
    const { upstream, client } = await chain(({ request, socket, answer }) => {
      if (request.target === '/1') return answer(ok());
      answer('HTTP/1.1 103 Hints\r\n\r\n');
      setTimeout(() => socket.destroy(), 10);
    });
    await client.send(get('/1')).response();
    expect((await client.send(get('/2')).response()).status).toBe(103);
    expect((await client.response()).status).toBe(502);
    expect(upstream.requests).toHaveLength(2);
  });
});

describe('a broken answer', () => {
  it.each([
    ['with a length', 'content-length: 100\r\n\r\npart', 'closed'],
    ['chunked', 'transfer-encoding: chunked\r\n\r\n4\r\npart\r\n', 'closed'],
    ['until close', '\r\npart', 'reset'],
  ])('%s breaks the client’s connection and is never marked complete', async (_, rest, ending) => {
    const { gateway, client } = await chain(({ answer, socket }) => {
      answer(`HTTP/1.1 200 OK\r\n${rest}`);
      setTimeout(() => socket.resetAndDestroy(), 10);
    });
    client.send(get() + get('/pipelined'));
    expect(await client.untilEnded()).toBe(ending);
    expect(client.text).toContain('part');
    expect(client.text).not.toMatch(/\r\n0\r\n\r\n/);
    expect(gateway.dataplane.takeTelemetry().traffic[0]?.codes).toEqual({ 0: 1 });
  });

  it('does not let the next pipelined request reach an upstream', async () => {
    const { upstream, client } = await chain(({ answer, socket }) => {
      answer('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\npart');
      setTimeout(() => socket.destroy(), 10);
    });
    client.send(get('/1') + post('/pay'));
    await client.untilEnded();
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.connections).toBe(1);
  });

  it('that is cut in its head is answered 502', async () => {
    const { client } = await chain(({ answer, socket }) => {
      answer('HTTP/1.1 200 OK\r\ncontent-le');
      socket.end();
    });
    expect(marked(await client.send(get()).response())).toEqual([502, 'UPSTREAM_RESET']);
  });

  it.each([
    ['is no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    [
      'has two framings',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    ],
    ['has two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok'],
    ['has a length that is none', 'HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok'],
    ['has a coding that we do not know', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['has white space before a colon', 'HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nok'],
    ['folds a line', 'HTTP/1.1 200 OK\r\nx: a\r\n b\r\ncontent-length: 2\r\n\r\nok'],
    ['has a NUL', 'HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\nok'],
    ['has a bare LF', 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok'],
    ['is HTTP/2', 'HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\nok'],
    ['has no status', 'HTTP/1.1\r\n\r\n'],
    ['has an endless head', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`],
  ])('that %s is answered 502, and none of it is passed on', async (_, wire) => {
    const { client } = await chain(({ answer }) => answer(wire));
    const response = await client.send(get()).response();
    expect(marked(response)).toEqual([502, 'UPSTREAM_MALFORMED']);
    expect(client.ended).toBe(false);
  });

  it('with a chunk that is wrong breaks off', async () => {
    const { client } = await chain(({ answer }) =>
      answer('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabcX\r\n'),
    );
    client.send(get());
    expect(await client.untilEnded()).not.toBe('open');
  });

  it('writes what it read leniently in the strict form', async () => {
    const { client } = await chain(({ answer }) => answer('HTTP/1.1 200\r\ncontent-length: 0002\r\n\r\nok'));
    const response = await client.send(get()).response();
    expect([response.reason, header(response, 'content-length'), response.body]).toEqual(['', '2', 'ok']);
  });
});

describe('time-outs', () => {
  it('the route’s timeout is answered 504', async () => {
    const clock = new HeldClock();
    const { upstream, client } = await chain(() => {}, { rules: [{ timeout: '2s' }], clock });
    client.send(get());
    await upstream.until(() => upstream.requests.length === 1);
    await pass(clock, 1_900);
    expect(client.text).toBe('');
    await pass(clock, 200);
    expect(marked(await client.response())).toEqual([504, 'UPSTREAM_TIMEOUT']);
    await upstream.until(() => upstream.closed === 1);
    expect(client.ended).toBe(false);
  });

  it('the route’s timeout breaks an answer off that has begun', async () => {
    const clock = new HeldClock();
    const { client } = await chain(({ answer }) => answer('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nbegun'), {
      rules: [{ timeout: '2s' }],
      clock,
    });
    client.send(get());
    await client.until(() => client.text.endsWith('begun'));
    await pass(clock, 2_100);
    expect(await client.untilEnded()).not.toBe('open');
  });

  it('perTryTimeout limits the first attempt too, and its retry may heal it', async () => {
    const clock = new HeldClock();
    const { upstream, gateway, client } = await chain(
      ({ answer }) => {
        if (upstream.requests.length > 1) answer(ok());
      },
      { rules: [{ retry: { attempts: 1, on: ['timeout'], perTryTimeout: '500ms', backoff: '0ms' } }], clock },
    );
    client.send(get());
    await upstream.until(() => upstream.requests.length === 1);
    await pass(clock, 600);
    expect((await client.response()).status).toBe(200);
    expect(gateway.dataplane.takeTelemetry().traffic[0]).toMatchObject({ codes: { 200: 1 }, retries: 1 });
  });

  it('perTryTimeout without a retry left is answered 504', async () => {
    const clock = new HeldClock();
    const rules = [{ retry: { attempts: 1, on: ['reset'], perTryTimeout: '500ms' } }];
    const { upstream, client } = await chain(() => {}, { rules, clock });
    client.send(get());
    await upstream.until(() => upstream.requests.length === 1);
    await pass(clock, 600);
    expect(marked(await client.response())).toEqual([504, 'UPSTREAM_TIMEOUT']);
  });

  it('an exchange without a byte for too long ends', async () => {
    const clock = new HeldClock();
    const { upstream, gateway, client } = await chain(() => {}, { clock, limits: { streamIdleMs: 1_000 } });
    client.send(get());
    await upstream.until(() => upstream.requests.length === 1);
    clock.move(1_500);
    gateway.dataplane.sweep();
    expect(marked(await client.response())).toEqual([504, 'UPSTREAM_TIMEOUT']);
  });

  it('an endpoint that nobody listens on is answered 503', async () => {
    const { port } = await gatewayTo({ versions: { v1: [await deadPort()] } });
    const client = await clientOf(port);
    for (const request of [get(), post('x')]) {
      expect(marked(await client.send(request).response())).toEqual([503, 'UPSTREAM_CONNECT_FAILED']);
    }
  });
});

describe('retries', () => {
  const failThen = (failures: number, how: (arrival: Arrival) => void) => {
    let seen = 0;
    return (arrival: Arrival): void => (seen++ < failures ? how(arrival) : arrival.answer(ok()));
  };
  const retry = (on: string[], attempts = 2): { rules: Record<string, unknown>[] } => ({
    rules: [{ retry: { attempts, on, backoff: '0ms' } }],
  });

  it('heals a 503, and says how many it took', async () => {
    const { upstream, gateway, client } = await chain(
      failThen(2, ({ answer }) => answer(status(503))),
      retry(['5xx']),
    );
    expect((await client.send(get()).response()).status).toBe(200);
    expect(upstream.requests).toHaveLength(3);
    expect(gateway.dataplane.takeTelemetry().traffic[0]).toMatchObject({ codes: { 200: 1 }, retries: 2 });
  });

  it('gives the last failure to the client when the attempts are used up', async () => {
    const { upstream, client } = await chain(({ answer }) => answer(status(503, 'sorry')), retry(['5xx']));
    expect(await client.send(get()).response()).toMatchObject({ status: 503, body: 'sorry' });
    expect(upstream.requests).toHaveLength(3);
  });

  it('retries an answer with a large body, of which the client sees nothing', async () => {
    const { client } = await chain(
      failThen(1, ({ answer }) => answer(status(503, 'b'.repeat(100_000)))),
      retry(['5xx']),
    );
    expect((await client.send(get()).response()).body).toBe('ok');
  });

  it('sends a held body again', async () => {
    const { upstream, client } = await chain(
      failThen(1, ({ answer }) => answer(status(503))),
      retry(['5xx']),
    );
    client.send('PUT / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
    expect((await client.response()).status).toBe(200);
    expect(upstream.requests.map((r) => r.body)).toEqual(['abc', 'abc']);
  });

  it('never repeats a POST that may have been processed', async () => {
    for (const how of [({ answer }: Arrival) => answer(status(503)), ({ socket }: Arrival) => void socket.destroy()]) {
      const { upstream, client } = await chain(failThen(1, how), retry(['5xx', 'reset']));
      expect((await client.send(post('pay')).response()).status).toBeGreaterThanOrEqual(502);
      expect(upstream.requests).toHaveLength(1);
    }
  });

  it('repeats even a POST that never left, on another endpoint', async () => {
    const upstream = await upstreamThat(({ answer }) => answer(ok()));
    const { port } = await gatewayTo({
      versions: { v1: [await deadPort(), upstream.port] },
      ...retry(['connect-failure']),
    });
    const client = await clientOf(port);
    for (let i = 0; i < 4; i++) expect((await client.send(post('pay')).response()).status).toBe(200);
    expect(upstream.requests).toHaveLength(4);
  });

  it('stays within its budget when everything fails', async () => {
    const rules = [{ retry: { attempts: 1, on: ['5xx'], backoff: '0ms', budget: { percent: 20, minConcurrent: 0 } } }];
    const { upstream, port } = await (async () => {
      const upstream = await upstreamThat(({ answer }) => void setTimeout(() => answer(status(503)), 20));
      return { upstream, port: (await gatewayTo({ versions: { v1: [upstream.port] }, rules })).port };
    })();
    const clients = await Promise.all(Array.from({ length: 50 }, () => clientOf(port)));
    for (const client of clients) client.send(get());
    await Promise.all(clients.map((client) => client.response()));
    const retries = upstream.requests.length - 50;
    expect(retries).toBeGreaterThan(0);
    expect(retries).toBeLessThanOrEqual(10); // 20 percent of 50
  });
});

describe('faults and retries', () => {
  const rules = [{ retry: { attempts: 3, on: ['5xx', 'reset'], backoff: '0ms' } }];

  it('a retry meets the attempt-level fault, and heals it', async () => {
    const { upstream, gateway, client } = await chain(({ answer }) => answer(ok()), {
      rules,
      faults: [{ at: 'attempt', percent: 50, abort: { status: 503 }, seed: 3 }],
    });
    let healed = 0;
    for (let i = 0; i < 40; i++) {
      const response = await client.send(get('/', `x-request-id: r${i}\r\n`)).response();
      if (response.status === 200) healed++;
    }
    const row = gateway.dataplane.takeTelemetry().traffic[0];
    expect(healed).toBeGreaterThan(32); // without retries about 20; with them 1 - 0.5^4
    expect(row?.retries).toBeGreaterThan(10);
    expect(row?.faults).toBe((row?.retries ?? 0) + 40 - healed);
    expect(upstream.requests).toHaveLength(healed);
  });

  it('a retry never meets the request-level fault', async () => {
    const { upstream, gateway, client } = await chain(({ answer }) => answer(ok()), {
      rules,
      faults: [{ at: 'request', abort: { status: 503 } }],
    });
    expect(marked(await client.send(get()).response())).toEqual([503, 'FAULT_ABORT']);
    expect(upstream.requests).toHaveLength(0);
    expect(gateway.dataplane.takeTelemetry().traffic[0]).toMatchObject({ version: '-', retries: 0, faults: 1 });
  });

  it('a reset by a fault breaks the connection at request level, and is a failed attempt at attempt level', async () => {
    const reset = { abort: { reset: true } };
    const above = await chain(({ answer }) => answer(ok()), { faults: [{ at: 'request', ...reset }] });
    above.client.send(get());
    expect(await above.client.untilEnded()).toBe('reset');
    const below = await chain(({ answer }) => answer(ok()), { faults: [{ at: 'attempt', ...reset }] });
    expect(marked(await below.client.send(get()).response())).toEqual([502, 'UPSTREAM_RESET']);
    expect(below.upstream.requests).toHaveLength(0);
  });

  it('a delay that outlives its attempt does nothing to the next attempt', async () => {
    const clock = new HeldClock();
    const held: Arrival[] = [];
    const v1 = await upstreamThat((arrival) => void held.push(arrival));
    const { port, dataplane } = await gatewayTo({
      versions: { v1: [v1.port], v2: [await deadPort()] },
      rules: [{ timeout: '4s' }],
      faults: [{ at: 'attempt', version: 'v2', delay: { fixed: '3s' }, abort: { status: 500 } }],
      clock,
    });
    dataplane.setOverlays([overlay({ shield: true })]);
    const client = await clientOf(port);
    client.send(get());
    await expect.poll(() => dataplane.metrics().requestsInFlight).toBe(1);
    await pass(clock, 2_100); // half of the timeout: the shield takes over
    await v1.until(() => held.length === 1);
    await pass(clock, 1_000); // the end of the delay that the first attempt was waiting out
    held[0]?.answer(ok());
    expect((await client.response()).status).toBe(200);
  });

  it('delays at request level are outside the route’s timeout, at attempt level inside', async () => {
    for (const [at, expected] of [
      ['request', 200],
      ['attempt', 504],
    ] as const) {
      const clock = new HeldClock();
      const { gateway, client } = await chain(({ answer }) => answer(ok()), {
        rules: [{ timeout: '1s' }],
        faults: [{ at, delay: { fixed: '3s' } }],
        clock,
      });
      client.send(get());
      await expect.poll(() => gateway.dataplane.metrics().requestsInFlight).toBe(1);
      await pass(clock, 1_500);
      await pass(clock, 2_000);
      expect((await client.response()).status).toBe(expected);
    }
  });
});
