/** Bodies of any size from HTTP/2 to HTTP/2, in memory that does not grow with them. */
import { describe, expect, it } from 'vitest';
import { http2Client, http2Upstream } from './http2-stage.ts';
import { gatewayTo } from './stage.ts';

const BODY_BYTES = 300 * 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, 'x');
/** Far below the body, far above the garbage that V8 leaves lying (100 MB in Node 24, whose young generation is larger). */
const GROWTH_BYTES = 150 * 1024 * 1024;

describe('a body of 300 MB through HTTP/2 on both sides', () => {
  it('comes back whole, while no one holds more than a window of it', async () => {
    const upstream = await http2Upstream((stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const { port } = await gatewayTo({ versions: { v1: [upstream.port] }, protocol: 'http2' });
    const stream = http2Client(port).request({ ':path': '/', ':authority': 'shop', ':method': 'POST' });
    let received = 0;
    let mostHeld = 0;
    let sent = 0;
    const before = process.memoryUsage().rss;
    let peak = before;
    stream.on('data', (bytes: Buffer) => {
      received += bytes.length;
      mostHeld = Math.max(mostHeld, sent - received);
      peak = Math.max(peak, process.memoryUsage().rss);
    });
    const ended = new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject));
    while (sent < BODY_BYTES) {
      sent += PIECE.length;
      if (!stream.write(PIECE)) await new Promise<void>((resolve) => stream.once('drain', resolve));
    }
    stream.end();
    await ended;
    expect(received).toBe(BODY_BYTES);
    expect(mostHeld).toBeLessThan(8 * 1024 * 1024);
    expect(peak - before).toBeLessThan(GROWTH_BYTES);
  }, 120_000);

  it('stops when the client does not read, and goes on when it does', async () => {
    let written = 0;
    const upstream = await http2Upstream((stream) => {
      stream.respond({ ':status': 200 });
      const more = (): void => {
        while (written < BODY_BYTES && !stream.destroyed) {
          written += PIECE.length;
          if (!stream.write(PIECE)) return void stream.once('drain', more);
        }
        stream.end();
      };
      more();
    });
    const { port } = await gatewayTo({ versions: { v1: [upstream.port] }, protocol: 'http2' });
    const session = http2Client(port);
    const stream = session.request({ ':path': '/', ':authority': 'shop' });
    stream.pause();
    await new Promise<void>((resolve) => stream.once('response', () => resolve()));
    let last = -1;
    while (written !== last) {
      last = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(written).toBeLessThan(8 * 1024 * 1024);
    let received = 0;
    stream.on('data', (bytes: Buffer) => (received += bytes.length));
    stream.resume();
    await new Promise<void>((resolve, reject) => stream.on('end', resolve).on('error', reject));
    expect(received).toBe(BODY_BYTES);
  }, 120_000);
});
