/**
 * Runs one service of the sample shop: `node main.js reviews`. PORT and the sidecar's address come from `meshproof up`;
 * with TLS_CERTIFICATE and TLS_KEY (files) it speaks TLS.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { catalog } from './catalog.ts';
import type { Answer, Handler, Surroundings } from './handler.ts';
import { peersThrough } from './peer.ts';
import { ratings } from './ratings.ts';
import { reviews } from './reviews.ts';
import { storefront } from './storefront.ts';
import { traitsOf, withTraits } from './traits.ts';
import { warmUp } from './warm-up.ts';

const SERVICES: Readonly<Record<string, (around: Surroundings) => Handler>> = { storefront, catalog, reviews, ratings };

/** Longer than any proxy keeps an idle connection, so that a request never meets a connection that is being closed. */
const KEEP_ALIVE_MS = 120_000;

/** Requests that are under way may end; then connections that their clients keep open are closed too. */
const DRAIN_MS = 1_000;

function serve(name: string, env: NodeJS.ProcessEnv): void {
  const make = SERVICES[name];
  const port = Number(env['PORT']);
  if (!make || !Number.isInteger(port)) {
    console.error(`usage: PORT=9911 node main.js ${Object.keys(SERVICES).join('|')}`);
    process.exit(64);
  }
  const outbound = env['MESHPROOF_OUTBOUND'];
  const plain = make({
    version: env['MESHPROOF_VERSION'] ?? 'v1',
    random: Math.random,
    call: outbound === undefined ? noPeers : peersThrough(outbound),
  });
  const special = env['TRAITS'] === undefined ? plain : withTraits(plain, traitsOf(env['TRAITS']), Math.random);
  let warm = false;
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.url === '/healthz') send(response, warm ? 200 : 503, { warm });
    else void answer(warm ? special : plain, request, response);
  };
  const tls = tlsFilesOf(env);
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.headersTimeout = KEEP_ALIVE_MS + 1_000;
  server.listen(port, '127.0.0.1', () => {
    console.log(`${name} listens on 127.0.0.1:${port}`);
    void warmUp(port, `/${name}/1`, tls !== undefined).then(() => {
      warm = true;
    });
  });
  process.once('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), DRAIN_MS).unref();
  });
}

/** @throws Error when a file cannot be read */
function tlsFilesOf(env: NodeJS.ProcessEnv): { cert: Buffer; key: Buffer } | undefined {
  const { TLS_CERTIFICATE: certificate, TLS_KEY: key } = env;
  return certificate === undefined || key === undefined
    ? undefined
    : { cert: readFileSync(certificate), key: readFileSync(key) };
}

function noPeers(service: string): Promise<never> {
  return Promise.reject(new Error(`no way to ${service}: MESHPROOF_OUTBOUND is not set`));
}

async function answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  try {
    const { status, body, headers } = await handler({
      method: request.method ?? 'GET',
      path,
      headers: request.headers,
    });
    send(response, status, body, headers);
  } catch (error) {
    // A peer that breaks the connection is a failure of this request, not of this process.
    send(response, 502, { error: error instanceof Error ? error.message : String(error) });
  }
}

function send(response: ServerResponse, status: number, body: unknown, more: Answer['headers'] = {}): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    ...more,
  });
  response.end(text);
}

serve(process.argv[2] ?? '', process.env);
