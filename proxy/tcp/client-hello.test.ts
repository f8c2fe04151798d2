import { connect as connectTls } from 'node:tls';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readClientHello } from './client-hello.ts';

/** What a real client sends. */
async function helloOf(servername: string): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((open) => server.listen(0, '127.0.0.1', open));
  const { port } = server.address() as AddressInfo;
  const hello = new Promise<Buffer>((seen) => server.once('connection', (socket) => socket.once('data', seen)));
  const client = connectTls({ port, host: '127.0.0.1', ...(servername === '' ? {} : { servername }) });
  client.on('error', () => undefined);
  const bytes = await hello;
  client.destroy();
  server.close();
  return bytes;
}

describe('readClientHello', () => {
  it("finds the name in a real client's greeting, however it is cut", async () => {
    const bytes = await helloOf('Shop.Example');
    expect(readClientHello(bytes)).toEqual({ state: 'complete', name: 'shop.example' });
    for (let size = 0; size < bytes.length; size++) {
      expect(readClientHello(bytes.subarray(0, size)).state).toBe('incomplete');
    }
  });

  it('reads a greeting without a name', async () => {
    expect(readClientHello(await helloOf(''))).toEqual({ state: 'complete' });
  });

  it('puts a message together that lies across records', async () => {
    const bytes = await helloOf('shop.example');
    const message = bytes.subarray(5);
    const record = (part: Buffer): Buffer =>
      Buffer.concat([Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part]);
    const split = Buffer.concat([record(message.subarray(0, 7)), record(message.subarray(7))]);
    expect(readClientHello(split)).toEqual({ state: 'complete', name: 'shop.example' });
  });

  it('refuses what is no greeting', () => {
    expect(readClientHello(Buffer.from('GET / HTTP/1.1\r\n')).state).toBe('invalid');
    expect(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])).state).toBe('invalid');
  });

  it('never throws, whatever comes', async () => {
    const real = await helloOf('shop.example');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: real.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        const bent = Buffer.from(real);
        bent[at] = byte;
        readClientHello(bent);
      }),
      { numRuns: 2_000 },
    );
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void readClientHello(Buffer.from(bytes))));
  });
});
