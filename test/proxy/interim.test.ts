/** 1xx answers and the expectation 100-continue. */
import { describe, expect, it } from 'vitest';
import { header } from './naive-http.ts';
import { ok } from './scripted-upstream.ts';
import { chain, get, upstreamThat, gatewayTo, clientOf } from './stage.ts';

describe('1xx', () => {
  const hints = 'HTTP/1.1 103 Early Hints\r\nlink: </a.css>\r\ncontent-length: 9\r\n\r\n';

  it('is forwarded, each one, without a length', async () => {
    const { client } = await chain(({ answer }) => answer(hints + hints + ok()));
    client.send(get());
    for (let i = 0; i < 2; i++) {
      expect(await client.response()).toMatchObject({ status: 103, headers: [['link', '</a.css>']] });
    }
    expect((await client.response()).body).toBe('ok');
  });

  it('is forwarded when it comes byte by byte and long before the answer', async () => {
    const { client } = await chain(({ socket }) => {
      const bytes = [...hints, ...ok()];
      const next = (): void => {
        const byte = bytes.shift();
        if (byte !== undefined) socket.write(byte, 'latin1', () => setImmediate(next));
      };
      next();
    });
    client.send(get());
    expect((await client.response()).status).toBe(103);
    expect((await client.response()).body).toBe('ok');
  });

  it('never goes to an HTTP/1.0 client', async () => {
    const { client } = await chain(({ answer }) => answer(hints + ok()));
    expect((await client.send('GET / HTTP/1.0\r\n\r\n').response()).status).toBe(200);
  });

  it('does not let a 101 through that nobody asked for', async () => {
    const { client } = await chain(({ answer }) =>
      answer('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    );
    const response = await client.send(get()).response();
    expect([response.status, header(response, 'x-meshproof-error')]).toEqual([502, 'UPSTREAM_MALFORMED']);
  });

  it('may come a thousand times', async () => {
    const { client } = await chain(({ answer }) => answer(hints.repeat(1_000) + ok()));
    client.send(get());
    for (let i = 0; i < 1_000; i++) expect((await client.response()).status).toBe(103);
    expect((await client.response()).status).toBe(200);
  });
});

describe('Expect: 100-continue', () => {
  const head = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\nexpect: 100-continue\r\n\r\n';

  it('asks the upstream, and sends the body only after its 100', async () => {
    const upstream = await upstreamThat(() => {});
    let head100 = '';
    upstream.onConnection = (socket) => {
      socket.once('data', (chunk: Buffer) => {
        head100 = chunk.toString('latin1');
        socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        socket.once('data', (body: Buffer) => socket.write(ok(`got ${body.toString()}`)));
      });
    };
    const { port } = await gatewayTo({ versions: { v1: [upstream.port] } });
    const client = await clientOf(port);
    expect((await client.send(head).response()).status).toBe(100);
    expect(head100).toMatch(/expect: 100-continue\r\n/);
    expect(head100.endsWith('\r\n\r\n')).toBe(true);
    expect((await client.send('hello').response()).body).toBe('got hello');
    expect(client.ended).toBe(false);
  });

  it.each([417, 413])('passes a refusal (%s) on and closes both connections, the body being unsent', async (code) => {
    const upstream = await upstreamThat(() => {});
    upstream.onConnection = (socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 ${code} No\r\ncontent-length: 2\r\n\r\nno`));
    };
    const { port } = await gatewayTo({ versions: { v1: [upstream.port] } });
    const client = await clientOf(port);
    const response = await client.send(head).response();
    expect([response.status, response.body, header(response, 'connection')]).toEqual([code, 'no', 'close']);
    expect(await client.untilEnded()).toBe('closed');
    await upstream.until(() => upstream.closed === 1);
  });

  it('answers the expectation by itself when the body is here already: the upstream gets it whole', async () => {
    const { upstream, client } = await chain(({ request, answer }) => answer(ok(request.body)));
    expect((await client.send(`${head}hello`).response()).body).toBe('hello');
    expect(upstream.bytes).not.toContain('expect');
  });

  it('is void in HTTP/1.0', async () => {
    const { upstream, client } = await chain(({ request, answer }) => answer(ok(String(request.body.length))));
    const body = 'x'.repeat(100_000);
    client.send(`POST / HTTP/1.0\r\ncontent-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`);
    client.send(body);
    expect((await client.response()).body).toBe('100000');
    expect(upstream.bytes).not.toContain('expect');
  });

  it('is refused when it is any other expectation', async () => {
    const { upstream, client } = await chain(({ answer }) => answer(ok()));
    const response = await client.send(get('/', 'expect: a-miracle\r\n')).response();
    expect([response.status, header(response, 'x-meshproof-error')]).toEqual([417, 'HTTP_EXPECTATION_UNSUPPORTED']);
    expect(upstream.connections).toBe(0);
  });
});
