/** Large bodies in constant memory, early answers, and clients that leave. */
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { HeldClock } from './gateway.ts';
import { header } from './naive-http.ts';
import { ok } from './scripted-upstream.ts';
import { chain, clientOf, gatewayTo, get, post, upstreamThat } from './stage.ts';

/** Kernel socket buffers on loopback may hold a few MB on each hop; what a buffering proxy would swallow is far above. */
const KERNEL_BYTES = 16 * 1024 * 1024;
const BODY_BYTES = 96 * 1024 * 1024;
const PIECE = Buffer.alloc(256 * 1024, 'p');

/** Writes pieces as fast as the socket takes them. @returns how many bytes it has taken */
function pour(socket: Socket, totalBytes: number): () => number {
  let poured = 0;
  const more = (): void => {
    while (poured < totalBytes && !socket.destroyed) {
      poured += PIECE.length;
      if (!socket.write(PIECE)) return;
    }
  };
  socket.on('drain', more);
  more();
  return () => poured;
}

/** Waits until a count stands still. */
async function settled(count: () => number): Promise<number> {
  for (let before = -1; ;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    if (count() === before) return before;
    before = count();
  }
}

describe('a large answer', () => {
  it('stops the upstream when the client does not read, and is whole when it does', async () => {
    let poured = (): number => 0;
    const { client } = await chain(({ answer, socket }) => {
      answer(`HTTP/1.1 200 OK\r\ncontent-length: ${BODY_BYTES}\r\n\r\n`);
      poured = pour(socket, BODY_BYTES);
    });
    client.socket.pause();
    client.send(get());
    expect(await settled(poured)).toBeLessThan(KERNEL_BYTES);
    let received = 0;
    client.socket.removeAllListeners('data');
    client.socket.on('data', (chunk: Buffer) => (received += chunk.length));
    client.socket.resume();
    await expect.poll(() => received, { timeout: 20_000 }).toBeGreaterThanOrEqual(BODY_BYTES);
  }, 30_000);

  it('leaves the upstream connection fit for the next request, whatever the last piece had to wait for', async () => {
    const { upstream, client } = await chain(({ request, answer }) =>
      answer(ok('b'.repeat(Number(request.target.slice(1))))),
    );
    for (const size of [15_000, 17_000, 40_000, 65_536, 100_000, 1_000_000, 40_000]) {
      expect((await client.send(get(`/${size}`)).response()).body).toHaveLength(size);
    }
    expect(upstream.connections).toBe(1);
  });
});

describe('a large request', () => {
  it('stops the client when the upstream does not read, and is whole when it does', async () => {
    const upstream = await upstreamThat(() => {});
    let received = 0;
    let resume = (): void => {};
    upstream.onConnection = (socket) => {
      socket.pause();
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received >= BODY_BYTES) socket.write(ok('all'));
      });
      socket.pause();
      resume = () => socket.resume();
    };
    const { port } = await gatewayTo({ versions: { v1: [upstream.port] } });
    const client = await clientOf(port);
    client.send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${BODY_BYTES}\r\n\r\n`);
    const poured = pour(client.socket, BODY_BYTES);
    expect(await settled(poured)).toBeLessThan(KERNEL_BYTES);
    resume();
    expect((await client.response()).body).toBe('all');
    expect(client.ended).toBe(false);
  }, 30_000);

  it('is not blamed for being late while it is the upstream that does not read', async () => {
    const clock = new HeldClock();
    const upstream = await upstreamThat(() => {});
    let resume = (): void => {};
    let received = 0;
    upstream.onConnection = (socket) => {
      socket.pause();
      socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received >= BODY_BYTES) socket.write(ok('all'));
      });
      socket.pause();
      resume = () => socket.resume();
    };
    const { port, dataplane } = await gatewayTo({ versions: { v1: [upstream.port] }, clock });
    const client = await clientOf(port);
    client.send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${BODY_BYTES}\r\n\r\n`);
    await settled(pour(client.socket, BODY_BYTES));
    clock.move(30_000);
    dataplane.sweep();
    resume();
    expect((await client.response()).body).toBe('all');
  }, 30_000);
});

describe('an early answer', () => {
  const upload = 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n';

  it('reaches the client, and neither connection is used again: the rest of the body is nobody’s request', async () => {
    const upstream = await upstreamThat(() => {});
    upstream.onConnection = (socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 413 Too Much\r\ncontent-length: 4\r\n\r\nmuch'));
    };
    // The clock stands still, so that no time-out closes what the early answer should have closed.
    const { port } = await gatewayTo({ versions: { v1: [upstream.port] }, clock: new HeldClock() });
    const client = await clientOf(port);
    const response = await client.send(upload).send('x'.repeat(70_000)).response();
    expect([response.status, response.body, header(response, 'connection')]).toEqual([413, 'much', 'close']);
    await upstream.until(() => upstream.closed === 1);
    const other = await clientOf(port);
    await other.send(get()).response();
    expect(upstream.connections).toBe(2);
  });

  it('is broken off, not followed by a second one, when the body then turns out to be malformed', async () => {
    const upstream = await upstreamThat(() => {});
    upstream.onConnection = (socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun'));
    };
    const { port } = await gatewayTo({ versions: { v1: [upstream.port] }, limits: { holdBodyMs: 1 } });
    const client = await clientOf(port);
    client.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.until(() => client.text.endsWith('begun'));
    client.send('broken');
    expect(await client.untilEnded()).not.toBe('open');
    expect(client.text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
});

describe('a client that leaves', () => {
  it('takes its upstream request with it when it resets', async () => {
    const { upstream, gateway, client } = await chain(() => {});
    client.send(get());
    await upstream.until(() => upstream.requests.length === 1);
    client.socket.resetAndDestroy();
    await upstream.until(() => upstream.closed === 1);
    expect(gateway.dataplane.takeTelemetry().traffic[0]?.codes).toEqual({ 499: 1 });
  });

  it('is given a moment when it only closes its side, then counts as gone', async () => {
    const clock = new HeldClock();
    const { upstream, gateway, client } = await chain(() => {}, { clock });
    client.socket.end(get());
    await upstream.until(() => upstream.requests.length === 1);
    gateway.dataplane.sweep();
    expect(gateway.dataplane.metrics().requestsInFlight).toBe(1);
    clock.move(1_500);
    await expect
      .poll(() => {
        gateway.dataplane.sweep();
        return upstream.closed;
      })
      .toBe(1);
  });

  it('in mid-answer, lets go of the upstream', async () => {
    const { upstream, client } = await chain(({ answer }) =>
      answer('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun'),
    );
    client.send(get());
    await client.until(() => client.text.endsWith('begun'));
    client.socket.resetAndDestroy();
    await upstream.until(() => upstream.closed === 1);
  });

  it('before its body is complete, sends nothing to the upstream', async () => {
    const { upstream, gateway, client } = await chain(({ answer }) => answer(ok()));
    client.socket.end(post('0123456789').slice(0, -3));
    expect((await client.response()).status).toBe(400);
    expect(upstream.connections).toBe(0);
    expect(gateway.dataplane.metrics().errors).toEqual([{ code: 'HTTP_MALFORMED', count: 1 }]);
  });
});
