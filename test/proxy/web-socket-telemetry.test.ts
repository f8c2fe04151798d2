/** What a proxy tells of WebSockets, with a real client and a real server. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { renderMetrics } from '../../proxy/metrics/render.ts';
import { recordOf } from '../../proxy/telemetry/request-record.ts';
import type { RequestRecord } from '../../proxy/telemetry/request-record.ts';
import type { Gateway } from './gateway.ts';
import { ok } from './scripted-upstream.ts';
import { chain, gatewayTo, get } from './stage.ts';

async function echoThrough(): Promise<{ gateway: Gateway; records: RequestRecord[]; server: WebSocketServer }> {
  const http = createServer();
  const server = new WebSocketServer({ server: http, perMessageDeflate: true });
  server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })));
  await new Promise<void>((open) => http.listen(0, '127.0.0.1', open));
  onTestFinished(() => {
    server.close();
    http.closeAllConnections();
    http.close();
  });
  const gateway = await gatewayTo({ versions: { v1: [(http.address() as AddressInfo).port] } });
  const records: RequestRecord[] = [];
  gateway.dataplane.observe((exchange, status, us) => records.push(recordOf(exchange, status, us, 0)));
  return { gateway, records, server };
}

async function connected({ port }: Gateway): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`);
  await new Promise((resolve) => socket.once('open', resolve));
  return socket;
}

it('counts messages and bytes while it is open, and its close at the end', async () => {
  const { gateway, records } = await echoThrough();
  const socket = await connected(gateway);
  for (const text of ['a', 'b'.repeat(200_000)]) {
    const reply = new Promise((resolve) => socket.once('message', resolve));
    socket.send(text);
    await reply;
  }
  const load = (): unknown => gateway.dataplane.metrics().webSockets[0];
  expect(load()).toMatchObject({ service: 'shop', version: 'v1', opened: 1, open: 1 });
  expect(load()).toMatchObject({ toEndpoint: { messages: 2 }, fromEndpoint: { messages: 2 } });
  socket.close(4_001);
  await expect.poll(load).toMatchObject({ open: 0, closes: { 'client 4xxx': 1 } });
  expect(records[0]).toMatchObject({
    status: 101,
    webSocket: { toEndpoint: { messages: 2 }, fromEndpoint: { messages: 2 }, closedBy: 'client', closeCode: 4_001 },
  });
  const text = renderMetrics(gateway.dataplane.metrics(), 'standard');
  expect(text).toContain('meshproof_websocket_closed_total{service="shop",version="v1",by="client",code="4xxx"} 1\n');
  expect(text).toContain('meshproof_websocket_duration_seconds_count{service="shop",version="v1"} 1\n');
});

it('tells a close of the endpoint from one without a close frame', async () => {
  const { gateway, server } = await echoThrough();
  await connected(gateway);
  for (const socket of server.clients) socket.close(1_012);
  const closes = (): unknown => gateway.dataplane.metrics().webSockets[0]?.closes;
  await expect.poll(closes).toMatchObject({ 'endpoint 1012': 1 });
  (await connected(gateway)).terminate();
  await expect.poll(closes).toMatchObject({ 'endpoint 1012': 1, 'nobody none': 1 });
});

it('says nothing of WebSockets where no upgrade was accepted', async () => {
  const { client, gateway } = await chain(({ answer }) => answer(ok('plain')));
  const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: x\r\n';
  await client.send(get('/', upgrade)).response();
  expect(gateway.dataplane.metrics().webSockets).toEqual([]);
});
