/** Connections that stop being HTTP: WebSocket and CONNECT. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { HeldClock } from './gateway.ts';
import { header } from './naive-http.ts';
import { ok } from './scripted-upstream.ts';
import { chain, clientOf, gatewayTo, get, upstreamThat } from './stage.ts';

const UPGRADE =
  'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n';
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
const CONNECT = 'CONNECT db:5432 HTTP/1.1\r\nhost: db:5432\r\n\r\n';

async function echoServer(): Promise<number> {
  const server = createServer((_, response) => response.end('plain'));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) =>
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    sockets.close();
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('WebSocket', () => {
  it('carries messages both ways, large ones too, and closes in order', async () => {
    const { port, dataplane } = await gatewayTo({
      versions: { v1: [await echoServer()] },
      rules: [{ timeout: '50ms' }],
    });
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
    await new Promise((resolve) => socket.once('open', resolve));
    const reply = (): Promise<Buffer> =>
      new Promise((resolve) => socket.once('message', (data) => resolve(data as Buffer)));
    for (const text of ['hello', 'x'.repeat(1_000_000)]) {
      socket.send(text);
      expect((await reply()).toString()).toBe(text);
    }
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.close(1000);
    expect(await closed).toBe(1000);
    await expect.poll(() => dataplane.metrics().requestsInFlight).toBe(0);
    expect(dataplane.takeTelemetry().traffic[0]?.codes).toEqual({ 101: 1 });
  });

  it('is not cut off by the timeout of the route, which was for the answer', async () => {
    const clock = new HeldClock();
    const { upstream, gateway, client } = await chain(({ answer }) => answer(SWITCH), {
      rules: [{ timeout: '1s' }],
      clock,
    });
    await client.send(get('/', UPGRADE)).response();
    clock.move(5_000);
    gateway.dataplane.sweep();
    await new Promise((resolve) => setTimeout(resolve, 30)); // the timer wheel turns by a real interval
    upstream.openSockets[0]?.write('still here');
    await client.until(() => client.text === 'still here');
  });

  it('keeps what either side sent together with the heads', async () => {
    const upstream = await upstreamThat(({ answer, socket }) => {
      answer(`${SWITCH}early`);
      socket.on('data', (chunk: Buffer) => socket.write(`[${chunk.toString()}]`));
    });
    const { port } = await gatewayTo({ versions: { v1: [upstream.port] } });
    const client = await clientOf(port);
    client.send(get('/', UPGRADE) + 'frame');
    expect((await client.response()).status).toBe(101);
    await client.until(() => client.text.includes('[frame]'));
    expect(client.text.startsWith('early')).toBe(true);
  });

  it('offers only "websocket" upstream, whatever else the client named', async () => {
    const { upstream, client } = await chain(({ answer }) => answer(ok('plain')));
    await client
      .send(get('/', 'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAA\r\n'))
      .response();
    expect(upstream.bytes).not.toMatch(/upgrade|h2c|http2/);
  });

  it('stays HTTP when the upstream answers with anything but 101', async () => {
    const { upstream, client } = await chain(({ answer }) => answer(ok('no sockets here')));
    expect((await client.send(get('/', UPGRADE)).response()).body).toBe('no sockets here');
    expect((await client.send(get('/next')).response()).body).toBe('no sockets here');
    expect(upstream.requests.map((r) => r.target)).toEqual(['/', '/next']);
  });

  it('refuses a 101 to another protocol than the one that was asked for', async () => {
    const { client } = await chain(({ answer }) =>
      answer('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n'),
    );
    expect((await client.send(get('/', UPGRADE)).response()).status).toBe(502);
  });
});

describe('half-closed tunnels', () => {
  it('lets the upstream speak on after the client has closed its side', async () => {
    const { upstream, client } = await chain(({ answer, socket }) => {
      answer(SWITCH);
      socket.on('end', () => socket.end('last words'));
    });
    upstream.keepsItsSideOpen = true;
    await client.send(get('/', UPGRADE)).response();
    client.socket.end();
    expect(await client.untilEnded()).toBe('closed');
    expect(client.text).toBe('last words');
  });

  it('lets the client speak on after the upstream has closed its side', async () => {
    let heard = '';
    const upstream = await upstreamThat(() => {});
    upstream.onConnection = (socket) => {
      socket.once('data', () => {
        socket.end(SWITCH);
        socket.on('data', (chunk: Buffer) => (heard += chunk.toString()));
      });
    };
    const { port } = await gatewayTo({ versions: { v1: [upstream.port] } });
    const client = await clientOf(port);
    client.socket.removeAllListeners('end'); // this client does not close its side when the other does
    await client.send(get('/', UPGRADE)).response();
    const much = 'm'.repeat(300_000);
    await new Promise((resolve) => client.socket.once('end', resolve));
    client.socket.end(much);
    await upstream.until(() => upstream.closed === 1);
    expect(heard).toBe(much);
  });

  it('resets the client when the upstream resets', async () => {
    const { upstream, client } = await chain(({ answer }) => answer(SWITCH));
    await client.send(get('/', UPGRADE)).response();
    upstream.openSockets[0]?.resetAndDestroy();
    expect(await client.untilEnded()).toBe('reset');
  });
});

describe('CONNECT', () => {
  it('is forwarded, and is a tunnel only after 2xx', async () => {
    const { upstream, client } = await chain(({ request, answer, socket }) => {
      expect([request.method, request.target]).toEqual(['CONNECT', 'db:5432']);
      socket.on('data', (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
      answer('HTTP/1.1 200 Established\r\ncontent-length: 3\r\n\r\n');
    });
    const response = await client.send(CONNECT).response('CONNECT');
    expect(header(response, 'content-length')).toBeUndefined();
    client.send('select');
    await client.until(() => client.text.endsWith('SELECT'));
    expect(upstream.connections).toBe(1);
  });

  it('refused, it closes: what follows was meant for the tunnel and is not read as a request', async () => {
    const { upstream, client } = await chain(({ answer }) => answer('HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno'));
    client.send(CONNECT + get('/smuggled'));
    expect((await client.response()).status).toBe(403);
    expect(await client.untilEnded()).not.toBe('open');
    expect(upstream.requests).toHaveLength(1);
  });
});
