/** Who is compared with whom. */
import type { Chain } from './chains.ts';
import { envoy, haproxy, meshproof, nginxProxy, npmProxy } from './subjects.ts';

/** One worker each, plaintext on both sides. */
export const PLAIN: readonly Chain[] = [
  { name: 'nginx', hops: [nginxProxy] },
  { name: 'meshproof', hops: [meshproof] },
  { name: 'haproxy', hops: [haproxy] },
  { name: 'envoy', hops: [envoy] },
  { name: 'http-proxy', hops: [npmProxy('http-proxy')] },
  { name: '@fastify/http-proxy', hops: [npmProxy('@fastify/http-proxy')] },
];
