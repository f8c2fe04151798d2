/** The WebSockets on the API's address: the wire to the proxies, the live stream, and taps. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { WebSocketServer } from 'ws';
import { LIVE_PATH, TAP_PATH } from '../../contracts/paths.ts';
import { WIRE_PATH } from '../../contracts/wire.ts';
import type { ControlPlane } from '../control-plane.ts';
import { refusal } from './origin.ts';

const MESSAGE_BYTES = 8 * 1024 * 1024;
/** How long a peer may take to answer the closing handshake. */
const CLOSE_GRACE_MS = 500;
const GOING_AWAY = 1001;

export function addWebSockets(app: FastifyInstance, plane: ControlPlane, onLoopback: boolean): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES });
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { host, origin } = request.headers;
    const [path, query] = (request.url ?? '').split('?', 2);
    if (refusal({ method: 'GET', host, origin, upgrade: true }, onLoopback) !== undefined)
      return answer(socket, '403 Forbidden');
    if (path !== WIRE_PATH && path !== LIVE_PATH && path !== TAP_PATH) return answer(socket, '404 Not Found');
    sockets.handleUpgrade(request, socket, head, (ws) => {
      if (path === WIRE_PATH) plane.hub.attach(ws);
      else if (path === TAP_PATH) plane.taps.attach(ws, new URLSearchParams(query));
      else plane.live.attach(ws, plane.overview());
    });
  });
  // Before the server closes: it waits for connections, and these never end by themselves.
  app.addHook('preClose', (done) => {
    for (const client of sockets.clients) client.close(GOING_AWAY, 'the control plane stops');
    setTimeout(() => sockets.clients.forEach((client) => client.terminate()), CLOSE_GRACE_MS).unref();
    sockets.close();
    done();
  });
}

function answer(socket: Duplex, status: string): void {
  // The HTTP server has let go of the socket: an error that nobody hears would end the process.
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
