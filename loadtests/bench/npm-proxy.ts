/**
 * A reverse proxy from npm, as its manual sets it up, for the benchmark: `npm-proxy.js PACKAGE FOLDER PORT UPSTREAM_PORT`.
 * The package is taken from FOLDER's node_modules, so that no peer is a dependency of ours.
 */
import { createServer, Agent } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

type HttpProxy = {
  createProxyServer(options: object): {
    web(request: IncomingMessage, response: ServerResponse): void;
    on(event: 'error', listener: (error: Error, request: IncomingMessage, response: ServerResponse) => void): void;
  };
};
type Fastify = (options: object) => {
  register(plugin: unknown, options: object): unknown;
  listen(options: { port: number; host: string }): Promise<string>;
};

const [name = '', folder = '', port = '', upstreamPort = ''] = process.argv.slice(2);
const load = createRequire(join(folder, 'from-here.js'));
const target = `http://127.0.0.1:${upstreamPort}`;

if (name === 'http-proxy') {
  const agent = new Agent({ keepAlive: true, maxSockets: 128 });
  const proxy = (load(name) as HttpProxy).createProxyServer({ target, agent });
  proxy.on('error', (_error, _request, response) => response.writeHead(502).end());
  createServer((request, response) => proxy.web(request, response)).listen(Number(port), '127.0.0.1', 4096);
} else {
  const fastify = (load('fastify') as Fastify)({ logger: false });
  fastify.register(load(name), { upstream: target, undici: { connections: 128 } });
  await fastify.listen({ port: Number(port), host: '127.0.0.1' });
}
