/** Who is compared with whom. */
import type { Chain } from './chains.ts';
import { envoy, haproxy, meshproof, nginxProxy } from './subjects.ts';

/** One worker each, plaintext on both sides. */
export const PLAIN: readonly Chain[] = [
  { name: 'nginx', hops: [nginxProxy] },
  { name: 'meshproof', hops: [meshproof] },
  { name: 'haproxy', hops: [haproxy] },
  { name: 'envoy', hops: [envoy] },
];
