/** Endpoints that speak HTTP/2, over real sockets, from clients of both versions. */
import { constants } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { askHttp2, http2Client, http2Upstream } from './http2-stage.ts';
import type { Http2Upstream } from './http2-stage.ts';
import { ask, RawClient } from './raw-client.ts';
import { gatewayTo, get, post } from './stage.ts';
import type { Gateway, Setup } from './gateway.ts';

function gatewayOf(upstream: Http2Upstream, setup: Partial<Setup> = {}): Promise<Gateway> {
  return gatewayTo({ versions: { v1: [upstream.port] }, protocol: 'http2', ...setup });
}

describe('an endpoint that speaks HTTP/2', () => {
  it('answers a client that speaks HTTP/1.1', async () => {
    const upstream = await http2Upstream((stream, headers) => {
      let body = '';
      stream.on('data', (chunk: Buffer) => (body += chunk.toString()));
      stream.on('end', () => {
        stream.respond({ ':status': 201, 'x-path': headers[':path'], 'x-authority': headers[':authority'] });
        stream.end(`got ${body}`);
      });
    });
    const { port } = await gatewayOf(upstream);
    const client = await RawClient.open(port);
    for (let i = 0; i < 3; i++) {
      const answer = await client.send(post('abc')).response();
      expect(answer.status).toBe(201);
      expect(answer.body).toBe('got abc');
      expect(Object.fromEntries(answer.headers)).toMatchObject({ 'x-path': '/', 'x-authority': 'shop' });
    }
    client.close();
    expect(upstream.sessions).toHaveLength(1);
  });

  it('gets trailers and gives trailers, from and to a client of either version', async () => {
    const upstream = await http2Upstream((stream, headers) => {
      let late: unknown = '';
      stream.on('trailers', (trailers: Record<string, unknown>) => (late = trailers['x-late']));
      stream.resume();
      stream.on('end', () => {
        stream.respond({ ':status': 200 }, { waitForTrailers: true });
        stream.on('wantTrailers', () =>
          stream.sendTrailers({ 'x-sum': `${String(late)} ${headers['te']?.toString() ?? 'no te'}` }),
        );
        stream.end('body');
      });
    });
    const { port } = await gatewayOf(upstream);
    const two = await askHttp2(http2Client(port), { ':method': 'POST', ':path': '/', te: 'trailers' }, 'x', {
      'x-late': 'two',
    });
    expect(two.trailers['x-sum']).toBe('two trailers');
    const chunked =
      'POST / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nx-late: one\r\n\r\n';
    const one = await ask(port, chunked);
    expect(one.body).toBe('body');
    expect(one.trailers).toEqual([['x-sum', 'one no te']]);
  });

  it('gets and gives trailers behind a body of a stated length, where they are announced and wanted', async () => {
    const upstream = await http2Upstream((stream) => {
      let late: unknown = 'none';
      stream.on('trailers', (trailers: Record<string, unknown>) => (late = trailers['x-late']));
      stream.resume();
      stream.on('end', () => {
        const headers = { ':status': 200, 'content-length': 4, trailer: 'x-sum' };
        stream.respond(headers, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': String(late) }));
        stream.end('body');
      });
    });
    const { port } = await gatewayOf(upstream);
    const two = (fields: Record<string, string>): ReturnType<typeof askHttp2> =>
      askHttp2(http2Client(port), { ':method': 'POST', ':path': '/', 'content-length': 1, ...fields }, 'x', {
        'x-late': 'two',
      });
    const wanting = await two({ te: 'trailers', trailer: 'x-late' });
    expect([wanting.body, wanting.trailers['x-sum']]).toEqual(['body', 'two']);
    const indifferent = await two({});
    expect([indifferent.body, indifferent.headers['content-length']]).toEqual(['body', '4']);
    expect(indifferent.trailers['x-sum']).toBeUndefined();
    const fields = 'te: trailers\r\nconnection: te\r\n';
    const one = await ask(port, post('x', fields));
    expect([one.body, one.trailers]).toEqual(['body', [['x-sum', 'none']]]);
    const silent = await ask(port, post('x'));
    expect([silent.body, Object.fromEntries(silent.headers)['content-length']]).toEqual(['body', '4']);
  });

  it('may answer without a body, to HEAD, and with interim answers', async () => {
    const upstream = await http2Upstream((stream, headers) => {
      if (headers[':method'] === 'GET') stream.additionalHeaders({ ':status': 103, link: '</a>' });
      stream.respond({ ':status': headers[':method'] === 'GET' ? 204 : 200 }, { endStream: true });
    });
    const { port } = await gatewayOf(upstream);
    const client = await RawClient.open(port);
    client.send(get());
    expect((await client.response()).status).toBe(103);
    expect((await client.response()).status).toBe(204);
    expect((await client.send('HEAD / HTTP/1.1\r\nhost: shop\r\n\r\n').response('HEAD')).status).toBe(200);
    expect(await client.send(post('x')).response()).toMatchObject({ status: 200, body: '' });
    client.close();
  });

  it('that breaks off its answer breaks off the one to the client', async () => {
    const upstream = await http2Upstream((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('some');
      setImmediate(() => stream.destroy(new Error('broken')));
    });
    const { port } = await gatewayOf(upstream);
    await expect(ask(port, get())).rejects.toThrow('mid-response');
    await expect(askHttp2(http2Client(port), { ':path': '/' })).rejects.toThrow();
  });

  it('never takes a part of a request for the whole when the client breaks off', async () => {
    let aborted = false;
    let ended = false;
    let arrived = 0;
    const upstream = await http2Upstream((stream) => {
      stream.on('data', (bytes: Buffer) => (arrived += bytes.length));
      stream.on('end', () => (ended = true));
      stream.on('aborted', () => (aborted = true));
    });
    const { port } = await gatewayOf(upstream);
    const client = await RawClient.open(port);
    client.send('POST / HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await expect.poll(() => arrived).toBe(3);
    client.socket.resetAndDestroy();
    await expect.poll(() => aborted).toBe(true);
    expect(ended).toBe(false);
  });

  it('that refuses a stream gets any request once more, because it has not begun with it', async () => {
    let seen = 0;
    const upstream = await http2Upstream((stream) => {
      if (seen++ === 0) stream.close(constants.NGHTTP2_REFUSED_STREAM);
      else stream.respond({ ':status': 200 }, { endStream: true });
    });
    const { port } = await gatewayOf(upstream);
    expect((await ask(port, post('x'))).status).toBe(200);
    expect(seen).toBe(2);
  });

  it('that breaks a stream otherwise does not get a POST again', async () => {
    let seen = 0;
    const upstream = await http2Upstream((stream) => {
      seen++;
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    });
    const { port } = await gatewayOf(upstream);
    const answer = await ask(port, post('x'));
    expect([answer.status, seen]).toEqual([502, 1]);
  });

  it('that says goodbye finishes what it has, and the next request takes a new connection', async () => {
    const upstream = await http2Upstream((stream, headers) => {
      if (headers[':path'] === '/slow') {
        stream.session?.close();
        setTimeout(() => stream.respond({ ':status': 200, 'x-was': 'slow' }, { endStream: true }), 30);
      } else stream.respond({ ':status': 200 }, { endStream: true });
    });
    const { port } = await gatewayOf(upstream);
    const slow = ask(port, get('/slow'));
    expect((await slow).status).toBe(200);
    expect((await ask(port, get('/next'))).status).toBe(200);
    expect(upstream.sessions).toHaveLength(2);
  });

  it('that bears few streams at once gets the others over further connections', async () => {
    const upstream = await http2Upstream(
      (stream) => {
        setTimeout(() => stream.respond({ ':status': 200 }, { endStream: true }), 5);
      },
      { maxConcurrentStreams: 3 },
    );
    const { port } = await gatewayOf(upstream);
    const session = http2Client(port);
    const answers = await Promise.all(Array.from({ length: 60 }, () => askHttp2(session, { ':path': '/' })));
    expect(answers.every((a) => String(a.headers[':status']) === '200')).toBe(true);
  });

  it('is not asked for a tunnel', async () => {
    const upstream = await http2Upstream((stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    const { port } = await gatewayOf(upstream);
    const upgrade = 'GET / HTTP/1.1\r\nhost: shop\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
    const answer = await ask(port, upgrade);
    expect(answer.status).toBe(501);
    expect(Object.fromEntries(answer.headers)['x-meshproof-error']).toBe('TUNNEL_UNSUPPORTED');
  });

  it('that cannot be reached is answered for', async () => {
    const upstream = await http2Upstream(() => undefined);
    upstream.server.close();
    const { port } = await gatewayOf(upstream);
    const answer = await ask(port, post('x'));
    expect(Object.fromEntries(answer.headers)['x-meshproof-error']).toBe('UPSTREAM_CONNECT_FAILED');
  });
});
