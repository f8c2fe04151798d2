/** The built dashboard, when there is one. Pages have no file of their own: every path that is not the API's gets it. */
import { existsSync } from 'node:fs';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MeshproofError } from '../../contracts/errors.ts';

/** @param folder - dist/ui; without it the API is served alone */
export async function addDashboard(app: FastifyInstance, folder: string): Promise<void> {
  const built = existsSync(folder);
  if (built) {
    // Assets have their hash in their name; the page that names them must not be kept.
    const setHeaders = (reply: FastifyReply, path: string): void => {
      if (path.endsWith('.html')) void reply.header('cache-control', 'no-cache');
    };
    await app.register(fastifyStatic, { root: folder, index: 'index.html', setHeaders });
  }
  app.setNotFoundHandler((request, reply) => {
    if (!isPage(request)) throw new MeshproofError('NOT_FOUND', `${request.method} ${request.url}`);
    if (built) return reply.sendFile('index.html');
    throw new MeshproofError('NOT_FOUND', 'the dashboard is not built; run npm run build');
  });
}

function isPage({ method, url, headers }: FastifyRequest): boolean {
  return method === 'GET' && !url.startsWith('/api/') && (headers.accept ?? '').includes('text/html');
}
