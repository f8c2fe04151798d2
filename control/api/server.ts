/** The HTTP server: the API, the two WebSockets, the metrics of the control plane itself, and the built dashboard. */
import Fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { MeshproofError } from '../../contracts/errors.ts';
import { API } from '../../contracts/paths.ts';
import type { ControlPlane } from '../control-plane.ts';
import type { Log } from '../log.ts';
import { addDashboard } from './dashboard.ts';
import { answerError } from './errors.ts';
import { METRICS_PATH, renderMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { refusal } from './origin.ts';
import { ROUTES } from './routes.ts';
import type { ApiRoute } from './routes.ts';
import { addWebSockets } from './websockets.ts';

const BODY_BYTES = 1024 * 1024;
const HEADERS = {
  'content-security-policy': "default-src 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

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
  const app = Fastify({
    bodyLimit: BODY_BYTES,
    logger: false,
    forceCloseConnections: true,
    frameworkErrors: (error, _request, reply) => void answerError(error, reply.headers(HEADERS), log),
  });
  app.addHook('onRequest', async ({ method, headers: { host, origin } }, reply) => {
    void reply.headers(HEADERS);
    const why = refusal({ method, host, origin, upgrade: false }, onLoopback);
    if (why !== undefined) throw new MeshproofError('ORIGIN_REFUSED', why);
  });
  app.setErrorHandler((error, _request, reply) => answerError(error, reply, log));
  for (const route of ROUTES) if (!route.raw) addRoute(app, plane, route);
  await app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));
    for (const route of ROUTES) if (route.raw) addRoute(scope, plane, route);
    done();
  });
  app.get(API.health, () => ({ status: 'ok', version, proxies: plane.hub.connected }));
  app.get(API.openapi, () => openApiDocument(version));
  app.get(METRICS_PATH, async (_request, reply) =>
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
      const body = route.raw ? (request.body ?? '') : route.body && checkBody(route.body, request.body ?? {});
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
