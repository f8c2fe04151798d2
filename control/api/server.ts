/** The HTTP server: the API, the two WebSockets, the metrics of the control plane itself, and the built dashboard. */
import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import fastifyStatic from '@fastify/static';
import Fastify from 'fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { WebSocketServer } from 'ws';
import { API, LIVE_PATH } from '../../contracts/paths.ts';
import { ERRORS, MeshproofError } from '../../contracts/errors.ts';
import type { ErrorBody } from '../../contracts/errors.ts';
import { WIRE_PATH } from '../../contracts/wire.ts';
import type { ControlPlane } from '../control-plane.ts';
import { InvalidDocuments } from '../documents/invalid-documents.ts';
import type { Log } from '../log.ts';
import { renderMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { refusal } from './origin.ts';
import { ROUTES } from './routes.ts';
import type { ApiRoute } from './routes.ts';

const BODY_BYTES = 1024 * 1024;
const MESSAGE_BYTES = 8 * 1024 * 1024;
/** How long a peer may take to answer the closing handshake. */
const CLOSE_GRACE_MS = 500;
const POLICY = "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";

export type ServerOptions = {
  readonly plane: ControlPlane;
  readonly version: string;
  readonly onLoopback: boolean;
  /** The folder of the built dashboard; a control plane without it serves the API alone. */
  readonly dashboard: string;
  readonly log: Log;
};

export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { plane, onLoopback, version, log } = options;
  const app = Fastify({ bodyLimit: BODY_BYTES, logger: false, forceCloseConnections: true });
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    const why = refusal(
      { method: request.method, host: request.headers.host, origin: request.headers.origin, upgrade: false },
      onLoopback,
    );
    if (why !== undefined) throw new MeshproofError('ORIGIN_REFUSED', why);
  });
  app.setErrorHandler((error, _request, reply) => answerError(error, reply, log));
  for (const route of ROUTES) addRoute(app, plane, route);
  app.get(API.health, () => ({ status: 'ok', version, proxies: plane.hub.connected }));
  app.get(API.openapi, () => openApiDocument(version));
  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4; charset=utf-8').send(await renderMetrics(plane)),
  );
  await addDashboard(app, options.dashboard);
  addWebSockets(app, plane, onLoopback);
  return app;
}

function addRoute(app: FastifyInstance, plane: ControlPlane, route: ApiRoute): void {
  app.route({
    method: route.method,
    url: route.path,
    handler: async (request, reply) => {
      const body = route.body ? checkBody(route.body, request.body ?? {}) : undefined;
      const answer: unknown = await route.handle(plane, request, body);
      return reply.status(route.status ?? 200).send(answer);
    },
  });
}

function checkBody(schema: NonNullable<ApiRoute['body']>, body: unknown): unknown {
  const checked = schema.safeParse(body);
  if (checked.success) return checked.data;
  const what = checked.error.issues.map((i) => `${i.path.join('.') || 'body'}: ${i.message}`).join('; ');
  throw new MeshproofError('REQUEST_INVALID', what);
}

function answerError(error: unknown, reply: FastifyReply, log: Log): FastifyReply {
  const known = error instanceof MeshproofError ? error : fromFastify(error);
  if (known.code === 'INTERNAL') log.error({ err: error }, 'a request failed');
  const body: ErrorBody & { error: { problems?: unknown } } = {
    error: {
      code: known.code,
      message: ERRORS[known.code].message,
      detail: known.detail,
      ...(known instanceof InvalidDocuments
        ? { problems: known.problems.map(({ path, message }) => ({ file: '', line: 0, column: 0, path, message })) }
        : {}),
    },
  };
  return reply.status(known.status).send(body);
}

/** Fastify's own refusals (a body that is not JSON, too large …) are the caller's. */
function fromFastify(error: unknown): MeshproofError {
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  const detail = error instanceof Error ? error.message : 'unknown';
  return status < 500
    ? new MeshproofError('REQUEST_INVALID', detail)
    : new MeshproofError('INTERNAL', 'see the log of the control plane');
}

/** Pages have no file of their own: every path that is not the API's gets the dashboard. */
async function addDashboard(app: FastifyInstance, folder: string): Promise<void> {
  const built = existsSync(folder);
  if (built) {
    // Assets have their hash in their name; the page that names them must not be kept.
    const setHeaders = (reply: FastifyReply, path: string): void => {
      if (path.endsWith('.html')) void reply.header('cache-control', 'no-cache');
    };
    await app.register(fastifyStatic, { root: folder, index: 'index.html', setHeaders });
  }
  app.setNotFoundHandler((request: FastifyRequest, reply) => {
    const isPage =
      request.method === 'GET' &&
      !request.url.startsWith('/api/') &&
      (request.headers.accept ?? '').includes('text/html');
    if (isPage && built) return reply.sendFile('index.html');
    throw new MeshproofError(
      'NOT_FOUND',
      isPage ? 'the dashboard is not built; run npm run build' : `${request.method} ${request.url}`,
    );
  });
}

function addWebSockets(app: FastifyInstance, plane: ControlPlane, onLoopback: boolean): void {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES });
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const { host, origin } = request.headers;
    const path = (request.url ?? '').split('?')[0];
    const refused = refusal({ method: 'GET', host, origin, upgrade: true }, onLoopback) !== undefined;
    if (refused || (path !== WIRE_PATH && path !== LIVE_PATH)) {
      socket.end(`HTTP/1.1 ${refused ? '403 Forbidden' : '404 Not Found'}\r\nconnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      if (path === WIRE_PATH) plane.hub.attach(ws);
      else plane.live.attach(ws, plane.overview());
    });
  });
  // Before the server closes: it waits for connections, and these never end by themselves.
  app.addHook('preClose', (done) => {
    for (const client of sockets.clients) client.close(1001, 'the control plane stops');
    setTimeout(() => sockets.clients.forEach((client) => client.terminate()), CLOSE_GRACE_MS).unref();
    sockets.close();
    done();
  });
}
