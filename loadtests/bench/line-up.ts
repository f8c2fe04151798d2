/** Who is compared with whom. */
import type { Chain } from './chains.ts';
import { envoyWith } from './envoy.ts';
import { haproxy, meshproofWith, nginxProxyWith, npmProxy } from './subjects.ts';

/** One worker each, plaintext on both sides. */
export const PLAIN: readonly Chain[] = [
  { name: 'nginx', hops: [nginxProxyWith('http', '')] },
  { name: 'meshproof', hops: [meshproofWith({})] },
  { name: 'haproxy', hops: [haproxy] },
  { name: 'envoy', hops: [envoyWith()] },
  { name: 'http-proxy', hops: [npmProxy('http-proxy')] },
  { name: '@fastify/http-proxy', hops: [npmProxy('@fastify/http-proxy')] },
];
