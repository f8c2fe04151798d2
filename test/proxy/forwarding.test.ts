/** What is forwarded, and how: framing, order, connections. */
import { describe, expect, it } from 'vitest';
import { header } from './naive-http.ts';
import type { Arrival } from './scripted-upstream.ts';
import { ok } from './scripted-upstream.ts';
import { chain, clientOf, gatewayTo, get, post, upstreamThat } from './stage.ts';

const answerOk = ({ answer }: Arrival): void => answer(ok());

describe('connections', () => {
  it('serves many requests on one client connection and one upstream connection', async () => {
    const { upstream, client } = await chain(answerOk);
    for (let i = 0; i < 5; i++) expect((await client.send(get(`/${i}`)).response()).body).toBe('ok');
    expect(upstream.requests.map((r) => r.target)).toEqual(['/0', '/1', '/2', '/3', '/4']);
    expect(upstream.connections).toBe(1);
    expect(client.ended).toBe(false);
  });

  it('closes after the answer when the client asked for it, and reads nothing more', async () => {
    const { upstream, client } = await chain(answerOk);
    client.send(get('/1', 'connection: close\r\n') + get('/2'));
    const response = await client.response();
    expect(header(response, 'connection')).toBe('close');
    expect(await client.untilEnded()).not.toBe('open');
    expect(upstream.requests).toHaveLength(1);
  });

  it('does not reuse an upstream connection that said close', async () => {
    const { upstream, client } = await chain(({ answer, socket }) => {
      answer(ok('ok', 'connection: close\r\n'));
      socket.end();
    });
    const first = await client.send(get()).response();
    expect(header(first, 'connection')).toBeUndefined();
    await client.send(get()).response();
    expect(upstream.connections).toBe(2);
  });

  it('does not reuse an upstream connection on which bytes followed the answer', async () => {
    const { upstream, client } = await chain(({ answer }) =>
      answer(`${ok()}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`),
    );
    expect((await client.send(get()).response()).body).toBe('ok');
    expect((await client.send(get()).response()).body).toBe('ok');
    expect(upstream.connections).toBe(2);
  });

  it('drops an idle upstream connection on which bytes come that nobody asked for', async () => {
    const { upstream, client } = await chain(answerOk);
    await client.send(get()).response();
    upstream.openSockets[0]?.write('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil');
    await upstream.until(() => upstream.closed === 1);
    expect((await client.send(get()).response()).body).toBe('ok');
    expect(upstream.connections).toBe(2);
  });

  it('adds its name to Via and takes hop-by-hop fields off', async () => {
    const { upstream, client } = await chain(({ answer }) =>
      answer(ok('ok', 'keep-alive: timeout=5\r\nconnection: x-hop\r\nx-hop: 1\r\nx-end: 2\r\n')),
    );
    const response = await client
      .send(get('/', 'connection: x-secret\r\nx-secret: 1\r\nte: trailers\r\nx-kept: 2\r\n'))
      .response();
    const names = upstream.requests[0]?.headers.map(([n]) => n);
    expect(names).toEqual(['host', 'x-kept', 'via']);
    expect(response.headers.map(([n]) => n)).toEqual(['content-length', 'x-end']);
  });
});

describe('pipelining', () => {
  it('answers in order though the first answer is slow', async () => {
    const { upstream, client } = await chain(({ request, answer }) => {
      if (request.target !== '/slow') answer(ok(request.target));
      else setTimeout(() => answer(ok('/slow')), 30);
    });
    client.send(get('/slow') + get('/a') + get('/b'));
    for (const path of ['/slow', '/a', '/b']) expect((await client.response()).body).toBe(path);
    expect(upstream.requests).toHaveLength(3);
  });

  it('keeps the order between forwarded answers and its own', async () => {
    const { client } = await chain(({ request, answer }) => answer(ok(request.target)), {
      faults: [{ at: 'request', match: { path: { prefix: '/broken' } }, abort: { status: 418 } }],
    });
    client.send(get('/a') + get('/broken') + get('/broken') + get('/b'));
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await client.response()).status);
    expect(statuses).toEqual([200, 418, 418, 200]);
  });

  it('answers a thousand pipelined requests, each once, in order', async () => {
    const { upstream, client } = await chain(({ request, answer }) => answer(ok(request.target)));
    client.send(Array.from({ length: 1_000 }, (_, i) => get(`/${i}`)).join(''));
    for (let i = 0; i < 1_000; i++) expect((await client.response()).body).toBe(`/${i}`);
    expect(upstream.requests).toHaveLength(1_000);
  });

  it('loses no pipelined request when the client does not read for a while', async () => {
    const body = 'x'.repeat(16_000);
    const { upstream, client } = await chain(({ request, answer }) => answer(ok(request.target.padEnd(16_000, 'x'))));
    client.socket.pause();
    const count = 600;
    client.send(Array.from({ length: count }, (_, i) => get(`/${i}-`)).join(''));
    await upstream.until(() => upstream.requests.length >= 20);
    client.send(get('/last-'));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(upstream.requests.length).toBeLessThan(count); // it is not read from either
    client.socket.resume();
    for (let i = 0; i < count; i++) {
      const response = await client.response();
      expect(response.body.startsWith(`/${i}-`)).toBe(true);
      expect(response.body).toHaveLength(body.length);
    }
    expect((await client.response()).body.startsWith('/last-')).toBe(true);
  }, 20_000);

  it('answers everything that was sent before the client closed its side', async () => {
    const { client } = await chain(({ request, answer }) => answer(ok(request.target)));
    client.socket.end(get('/1') + get('/2') + get('/3'));
    for (const path of ['/1', '/2', '/3']) expect((await client.response()).body).toBe(path);
    expect(await client.untilEnded()).toBe('closed');
  });

  it('reads on when a pipelined request needs more of its body', async () => {
    const { client } = await chain(({ request, answer }) => answer(ok(request.body.slice(-5))));
    const filler = get('/', `x-filler: ${'f'.repeat(8_000)}\r\n`).repeat(12); // above what is kept of a pipeline: reading pauses
    const body = 'b'.repeat(40_000);
    client.send(filler + post(body).slice(0, -30_000));
    for (let i = 0; i < 12; i++) await client.response();
    client.send(body.slice(-30_000));
    expect((await client.response()).body).toBe('bbbbb');
  });
});

it('reads a large request behind empty lines', async () => {
  const { upstream, client } = await chain(answerOk);
  expect((await client.send(`\r\n\r\n${get('/', `x-big: ${'y'.repeat(5_000)}\r\n`)}`).response()).status).toBe(200);
  expect(upstream.requests).toHaveLength(1);
});

describe('HEAD and bodiless answers', () => {
  it('passes the length of a HEAD answer on and waits for no body', async () => {
    const { upstream, client } = await chain(({ answer }) => answer('HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n'));
    for (let i = 0; i < 2; i++) {
      const response = await client.send('HEAD / HTTP/1.1\r\nhost: a\r\n\r\n').response('HEAD');
      expect(header(response, 'content-length')).toBe('5000');
    }
    expect(upstream.connections).toBe(1);
  });

  it('keeps "chunked" in a HEAD answer for HTTP/1.1 and never says it to HTTP/1.0', async () => {
    const { gateway, client } = await chain(({ answer }) =>
      answer('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'),
    );
    const modern = await client.send('HEAD / HTTP/1.1\r\nhost: a\r\n\r\n').response('HEAD');
    expect(header(modern, 'transfer-encoding')).toBe('chunked');
    const old = await (await clientOf(gateway.port)).send('HEAD / HTTP/1.0\r\n\r\n').response('HEAD');
    expect(header(old, 'transfer-encoding')).toBeUndefined();
  });

  it.each([204, 304])('ends a %s with its head, and sends neither a length in 204 nor a coding', async (code) => {
    const { client } = await chain(({ answer }) =>
      answer(`HTTP/1.1 ${code} Such\r\ntransfer-encoding: chunked\r\nx-a: 1\r\n\r\n`),
    );
    const response = await client.send(get()).response();
    expect(response.headers).toEqual([['x-a', '1']]);
    const second = await chain(({ answer }) => answer(`HTTP/1.1 ${code} Such\r\ncontent-length: 7\r\n\r\n`));
    const other = await second.client.send(get()).response();
    expect(header(other, 'content-length')).toBe(code === 204 ? undefined : '7');
  });
});

describe('chunked', () => {
  it('forwards a chunked answer with its trailers', async () => {
    const { client } = await chain(({ answer }) =>
      answer(
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n3\r\nabc\r\n2;why="not"\r\nde\r\n0\r\nx-sum: 5\r\n\r\n',
      ),
    );
    const response = await client.send(get()).response();
    expect(response).toMatchObject({ body: 'abcde', trailers: [['x-sum', '5']] });
    expect((await client.send(get()).response()).body).toBe('abcde');
  });

  it('forwards a chunked answer that comes byte by byte', async () => {
    const wire = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n';
    const { client } = await chain(({ socket }) => {
      let i = 0;
      const next = (): void => {
        socket.write(wire.charAt(i++), 'latin1');
        if (i < wire.length) setImmediate(next);
      };
      next();
    });
    expect((await client.send(get()).response()).body).toBe('abc0123456789');
  });

  it('forwards a chunked request, small or large, and drops its trailers', async () => {
    const { upstream, client } = await chain(({ request, answer }) => answer(ok(String(request.body.length))));
    const head = 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n';
    client.send(`${head}3\r\nabc\r\n1\r\nd\r\n0\r\nx-t: 1\r\n\r\n`);
    expect((await client.response()).body).toBe('4');
    const big = 'z'.repeat(50_000);
    client.send(`${head}c350\r\n${big}\r\nc350\r\n${big}\r\n0\r\n\r\n`);
    expect((await client.response()).body).toBe('100000');
    expect(upstream.requests.map((r) => r.body)).toEqual(['abcd', big + big]);
  });

  it('never forwards a chunked body that turns out to be broken while it is held', async () => {
    const { upstream, gateway, client } = await chain(answerOk, { limits: { holdBodyMs: 150 } });
    client.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nab');
    await new Promise((resolve) => setTimeout(resolve, 30)); // it is held now
    client.socket.removeAllListeners('end'); // a client that does not close its side either
    client.send('cXX');
    expect((await client.response()).status).toBe(400);
    await new Promise((resolve) => setTimeout(resolve, 200)); // longer than the body is held
    expect(upstream.bytes).toBe('');
    expect(gateway.dataplane.metrics().requestsInFlight).toBe(0);
  });
});

describe('HTTP/1.0', () => {
  it('takes the chunked coding off for an old client and closes', async () => {
    const { client } = await chain(({ answer }) =>
      answer('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n'),
    );
    const response = await client.send('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n').response();
    expect(response.body).toBe('abcde');
    expect(header(response, 'transfer-encoding')).toBeUndefined();
    expect(header(response, 'connection')).toBe('close');
  });

  it('keeps the connection of an old client that asks for it', async () => {
    const { upstream, client } = await chain(answerOk);
    for (let i = 0; i < 2; i++) {
      const response = await client.send('GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n').response();
      expect(header(response, 'connection')).toBe('keep-alive');
    }
    expect(upstream.requests.map((r) => r.headers.find(([n]) => n === 'host')?.[1])).toEqual(['shop', 'shop']);
    await client.send('GET / HTTP/1.0\r\n\r\n').response();
    expect(await client.untilEnded()).toBe('closed');
  });

  it('reads an HTTP/1.0 answer, and speaks HTTP/1.1 to the client', async () => {
    const { client } = await chain(({ answer, socket }) => {
      answer('HTTP/1.0 200 Fine\r\n\r\nold body');
      socket.end();
    });
    expect(await client.send(get()).response()).toMatchObject({
      version: 'HTTP/1.1',
      reason: 'Fine',
      body: 'old body',
    });
  });
});

describe('a body that lasts until the connection closes', () => {
  it('is forwarded so, with "connection: close"', async () => {
    const { client } = await chain(({ answer, socket }) => {
      answer('HTTP/1.1 200 OK\r\n\r\npart one, ');
      setTimeout(() => socket.end('part two'), 10);
    });
    const response = await client.send(get()).response();
    expect(response.body).toBe('part one, part two');
    expect(header(response, 'connection')).toBe('close');
  });

  it('is never made to look complete when the upstream resets', async () => {
    const { client } = await chain(({ answer, socket }) => {
      answer('HTTP/1.1 200 OK\r\n\r\npart one, ');
      setTimeout(() => socket.resetAndDestroy(), 10);
    });
    client.send(get());
    expect(await client.untilEnded()).toBe('reset');
  });
});

describe('targets and hosts', () => {
  it('sends an absolute target in origin-form, with the Host of the target', async () => {
    const { upstream, client } = await chain(answerOk);
    await client.send('GET http://shop.example:81/a?b HTTP/1.1\r\nhost: other\r\n\r\n').response();
    await client.send('OPTIONS http://shop.example HTTP/1.1\r\nhost: other\r\n\r\n').response();
    expect(upstream.requests.map((r) => [r.method, r.target, header(r, 'host')])).toEqual([
      ['GET', '/a?b', 'shop.example:81'],
      ['OPTIONS', '*', 'shop.example'],
    ]);
    expect(upstream.bytes).not.toContain('other');
  });

  it('routes by host, and says so when no service answers to one', async () => {
    const { upstream } = await chain(answerOk);
    const { dataplane } = await gatewayTo({ versions: { v1: [upstream.port] } });
    const apiVersion = 'meshproof.dev/v1';
    await dataplane.apply(2, [
      {
        apiVersion,
        kind: 'Gateway',
        metadata: { name: 'named' },
        spec: { listen: '127.0.0.1:0', hosts: { 'Shop.Example': 'shop' } },
      },
      {
        apiVersion,
        kind: 'Service',
        metadata: { name: 'shop' },
        spec: { stable: 'v1', versions: { v1: { endpoints: [`127.0.0.1:${upstream.port}`] } } },
      },
    ]);
    const port = Number(dataplane.config().listeners[0]?.address.split(':').at(-1));
    const client = await clientOf(port);
    expect((await client.send('GET / HTTP/1.1\r\nhost: SHOP.example:80\r\n\r\n').response()).status).toBe(200);
    const lost = await client.send(get()).response();
    expect([lost.status, header(lost, 'x-meshproof-error')]).toEqual([404, 'ROUTE_NOT_FOUND']);
    expect((await client.send('GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n').response()).status).toBe(200);
  });

  it('forwards what browsers send raw in a query', async () => {
    const { upstream, client } = await chain(answerOk);
    await client.send(get('/a?q={x}|y^z`\\w')).response();
    expect(upstream.requests[0]?.target).toBe('/a?q={x}|y^z`\\w');
    expect((await client.send(get('/a\\b')).response()).status).toBe(400);
  });
});

it('serves a second upstream version by weight, sharing the client connection', async () => {
  const v1 = await upstreamThat(({ answer }) => answer(ok('one')));
  const v2 = await upstreamThat(({ answer }) => answer(ok('two')));
  const { port } = await gatewayTo({
    versions: { v1: [v1.port], v2: [v2.port] },
    rules: [{ split: [{ version: 'v2', weight: 50 }] }],
  });
  const client = await clientOf(port);
  const seen = new Set<string>();
  for (let i = 0; i < 40; i++) seen.add((await client.send(get()).response()).body);
  expect([...seen].sort()).toEqual(['one', 'two']);
});
