/** Clients that speak HTTP/2 by prior knowledge, over real sockets, to endpoints that speak HTTP/1.1. */
import { constants } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { answerOf, askHttp2, http2Client } from './http2-stage.ts';
import { HeldClock } from './gateway.ts';
import { header } from './naive-http.ts';
import { ok, status } from './scripted-upstream.ts';
import { chain } from './stage.ts';

describe('a client that speaks HTTP/2', () => {
  it('is answered by an endpoint that speaks HTTP/1.1', async () => {
    const { upstream, gateway } = await chain(({ answer }) => answer(ok('hello', 'x-from: v1\r\n')));
    const answer = await askHttp2(http2Client(gateway.port), { ':path': '/a?b=c', 'x-mine': 'yes', cookie: 'a=1' });
    expect(answer.headers[':status']).toBe(200);
    expect(answer.headers['x-from']).toBe('v1');
    expect(answer.body).toBe('hello');
    const [seen] = upstream.requests;
    expect(seen).toMatchObject({ method: 'GET', target: '/a?b=c' });
    expect(seen && header(seen, 'host')).toBe('shop');
    expect(seen && header(seen, 'x-mine')).toBe('yes');
    expect(seen && header(seen, 'via')).toMatch(/^2\.0 edge-/);
  });

  it('has many requests under way at once on one connection', async () => {
    const { gateway, upstream } = await chain(({ request, answer }) => {
      setImmediate(() => answer(ok(request.target)));
    });
    const session = http2Client(gateway.port);
    const paths = Array.from({ length: 60 }, (_, i) => `/${i}`);
    const answers = await Promise.all(paths.map((path) => askHttp2(session, { ':path': path })));
    expect(answers.map((a) => a.body)).toEqual(paths);
    expect(upstream.requests).toHaveLength(60);
    expect(gateway.dataplane.metrics().requestsInFlight).toBe(0);
  });

  it('sends a body with trailers, and gets one with trailers', async () => {
    const { upstream, gateway } = await chain(({ answer }) =>
      answer('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 9\r\n\r\n'),
    );
    const session = http2Client(gateway.port);
    const answer = await askHttp2(session, { ':method': 'POST', ':path': '/' }, 'body', { 'x-late': 'here' });
    expect(answer.body).toBe('abc');
    expect(answer.trailers['x-sum']).toBe('9');
    expect(upstream.bytes).toContain('4\r\nbody\r\n0\r\nx-late: here\r\n\r\n');
  });

  it('sees no body, and no length of its own, in the answers to HEAD and in 204', async () => {
    const { gateway } = await chain(({ request, answer }) =>
      answer(request.method === 'HEAD' ? 'HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n' : status(204)),
    );
    const session = http2Client(gateway.port);
    const head = await askHttp2(session, { ':method': 'HEAD', ':path': '/' });
    expect(head.headers['content-length']).toBe('7');
    expect(head.body).toBe('');
    expect((await askHttp2(session, { ':path': '/' })).headers[':status']).toBe(204);
  });

  it("gets the proxy's own errors as answers, and the connection lives on", async () => {
    const { gateway } = await chain(({ socket }) => socket.destroy());
    const session = http2Client(gateway.port);
    for (let i = 0; i < 2; i++) {
      const answer = await askHttp2(session, { ':method': 'POST', ':path': '/' }, 'x');
      expect(answer.headers[':status']).toBe(502);
      expect(answer.headers['x-meshproof-error']).toBe('UPSTREAM_RESET');
    }
  });

  it('is told by a reset when an answer breaks off', async () => {
    for (const framed of ['content-length: 10\r\n\r\nabc', 'transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n']) {
      const { gateway } = await chain(({ socket, answer }) => {
        answer(`HTTP/1.1 200 OK\r\n${framed}`);
        setImmediate(() => socket.destroy());
      });
      const stream = http2Client(gateway.port).request({ ':path': '/', ':authority': 'shop' });
      await expect(answerOf(stream)).rejects.toThrow();
      expect(stream.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    }
  });

  it('lets go of the endpoint when it cancels', async () => {
    const { upstream, gateway } = await chain(() => undefined);
    const stream = http2Client(gateway.port).request({ ':path': '/', ':authority': 'shop' });
    stream.on('error', () => undefined);
    await upstream.until(() => upstream.requests.length === 1);
    stream.close(constants.NGHTTP2_CANCEL);
    await upstream.until(() => upstream.closed === 1);
    expect(gateway.dataplane.metrics().requestsInFlight).toBe(0);
  });

  it('may be answered before its request is whole, and is then told to keep the rest', async () => {
    const { upstream, gateway } = await chain(() => undefined);
    const stream = http2Client(gateway.port).request({ ':path': '/', ':authority': 'shop', ':method': 'POST' });
    stream.write('a part');
    await upstream.until(() => upstream.bytes.includes('a part'));
    upstream.openSockets[0]?.write(ok('enough'));
    const answer = await answerOf(stream);
    expect([answer.body, stream.rstCode]).toEqual(['enough', constants.NGHTTP2_NO_ERROR]);
  });

  it('that gives two names for one host is refused', async () => {
    const { upstream, gateway } = await chain(({ answer }) => answer(ok()));
    const session = http2Client(gateway.port);
    const answer = await askHttp2(session, { ':path': '/', host: 'other' });
    expect(answer.headers[':status']).toBe(400);
    await expect(askHttp2(session, { ':path': 'http://other/' })).rejects.toThrow();
    expect(upstream.requests).toHaveLength(0);
  });

  it('asking for a tunnel is told that there is none', async () => {
    const { gateway } = await chain(({ answer }) => answer(ok()));
    const answer = await askHttp2(http2Client(gateway.port), { ':method': 'CONNECT', ':authority': 'shop:80' });
    expect(answer.headers[':status']).toBe(501);
    expect(answer.headers['x-meshproof-error']).toBe('TUNNEL_UNSUPPORTED');
    expect(gateway.dataplane.metrics().errors).toEqual([{ code: 'TUNNEL_UNSUPPORTED', count: 1 }]);
  });

  it('is cut off when it resets streams faster than it may', async () => {
    const { gateway } = await chain(() => undefined);
    const session = http2Client(gateway.port);
    const closed = new Promise<void>((resolve) => session.once('close', () => resolve()));
    const timer = setInterval(() => {
      for (let i = 0; i < 90 && !session.destroyed && !session.closed; i++) {
        const stream = session.request({ ':path': '/', ':authority': 'shop' });
        stream.on('error', () => undefined);
        setImmediate(() => stream.close(constants.NGHTTP2_CANCEL));
      }
    }, 20);
    await closed;
    clearInterval(timer);
    await expect.poll(() => gateway.dataplane.metrics().errors.some((e) => e.code === 'HTTP2_FLOOD')).toBe(true);
  });

  it('is not blamed for the streams that break under it', async () => {
    const { gateway } = await chain(({ socket, answer }) => {
      answer('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc');
      setImmediate(() => socket.destroy());
    });
    const session = http2Client(gateway.port);
    for (let round = 0; round < 8; round++) {
      const asked = Array.from({ length: 80 }, () => askHttp2(session, { ':path': '/' }));
      const ends = await Promise.allSettled(asked);
      expect(ends.every((end) => end.status === 'rejected')).toBe(true);
    }
    expect(session.destroyed).toBe(false);
  });

  it('that asks for nothing for long is told to go; one that waits for an answer is not', async () => {
    const clock = new HeldClock();
    const { upstream, gateway } = await chain(
      ({ request, answer }) => {
        if (request.target !== '/slow') answer(ok());
      },
      { clock },
    );
    const [idle, busy] = [http2Client(gateway.port), http2Client(gateway.port)];
    await askHttp2(idle, { ':path': '/' });
    const pending = askHttp2(busy, { ':path': '/slow' });
    await upstream.until(() => upstream.requests.length === 2);
    const closed = new Promise<void>((resolve) => idle.once('close', () => resolve()));
    clock.move(76_000);
    gateway.dataplane.sweep();
    await closed;
    for (const socket of upstream.openSockets) socket.write(ok('late'));
    expect((await pending).body).toBe('late');
  });

  it('is let finish, and then told to go, when the proxy drains', async () => {
    const { upstream, gateway } = await chain(() => undefined);
    const session = http2Client(gateway.port);
    const pending = askHttp2(session, { ':path': '/' });
    await upstream.until(() => upstream.requests.length === 1);
    const drained = gateway.dataplane.drain(20_000);
    const goaway = new Promise<void>((resolve) => session.once('goaway', () => resolve()));
    await goaway;
    upstream.openSockets[0]?.write(ok('late'));
    expect((await pending).body).toBe('late');
    await drained;
  });
});
