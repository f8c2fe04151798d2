/** WebSockets over TLS: from a browser to a gateway, and between two sidecars. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { recordOf } from '../../proxy/telemetry/request-record.ts';
import type { RequestRecord } from '../../proxy/telemetry/request-record.ts';
import { TestAuthority } from './certificates.ts';
import { held, identityOf, meshDocuments, sidecarOf } from './inbound-stage.ts';
import { proxyOf, withTls } from './tls-stage.ts';

async function echoServer(): Promise<number> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    sockets.close();
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** @returns what came back, and the code of the close */
async function talk(socket: WebSocket, text: string): Promise<[string, unknown]> {
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  const reply = new Promise<string>((resolve) =>
    socket.once('message', (data) => resolve((data as Buffer).toString())),
  );
  socket.send(text);
  const said = await reply;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.close(4_001);
  return [said, await closed];
}

const LARGE = 'y'.repeat(500_000);

it('a gateway that ends TLS carries a WebSocket', async () => {
  const authority = await TestAuthority.make();
  const { port } = await proxyOf(withTls(await echoServer(), 'Gateway', await authority.sign()));
  const socket = new WebSocket(`wss://127.0.0.1:${port}/`, { ca: authority.pem });
  expect(await talk(socket, LARGE)).toEqual([LARGE, 4_001]);
});

it('two sidecars carry a WebSocket over mTLS, and both count it', async () => {
  const authority = await TestAuthority.make();
  const wish = { endpoint: await echoServer(), inbound: '127.0.0.1:0' };
  const shop = await sidecarOf('shop', held(await identityOf(authority, 'shop')), meshDocuments(wish));
  const documents = meshDocuments({ ...wish, inbound: shop.inbound });
  const checkout = await sidecarOf('checkout', held(await identityOf(authority, 'checkout')), documents);
  const records: RequestRecord[] = [];
  shop.dataplane.observe((...of) => void records.push(recordOf(...of, 0)));
  const socket = new WebSocket(`ws://${checkout.outbound}/`, { headers: { host: 'shop' } });
  expect(await talk(socket, LARGE)).toEqual([LARGE, 4_001]);
  await expect
    .poll(() => checkout.dataplane.metrics().webSockets)
    .toMatchObject([{ service: 'shop', opened: 1, open: 0 }]);
  const inbound = () => shop.dataplane.metrics().inbound.find(({ version }) => version === 'v1');
  await expect.poll(() => inbound()?.codes).toEqual([[101, 1]]);
  // Known as one there too, so that its duration as a request ends with its handshake.
  expect(records).toMatchObject([{ status: 101, webSocket: { closedBy: 'client', closeCode: 4_001 } }]);
});
