/**
 * The stack of what comes in to the application beside a sidecar, outermost first. Short: arms, retries, faults and
 * shadows are the caller's side (outbound.stack.ts); twice would be once too often. Only endpoints are chosen here.
 */
import { access } from './filters/access.ts';
import { balancing } from './filters/balancing.ts';
import { clientIdentity } from './filters/client-identity.ts';
import { connection } from './filters/connection.ts';
import { discoveryFault } from './filters/discovery-fault.ts';
import { NOTHING } from './filters/filter.ts';
import type { Filter } from './filters/filter.ts';
import { local } from './filters/local.ts';

export const INBOUND: readonly Filter[] = [
  {
    role: 'rescue',
    why: 'outermost: every failure below becomes one marked response (exchange.answer, rescue.ts)',
    build: () => NOTHING,
  },
  {
    role: 'telemetry',
    why: 'above the access policy: refusals are counted too (reporter="destination")',
    build: () => NOTHING,
  },
  access,
  clientIdentity,
  local,
  discoveryFault,
  balancing,
  connection,
];
