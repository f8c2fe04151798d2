/** The endpoints of every version as the balancing sees them now, for people and for metrics. */
import type { ServicePlan, VersionPlan } from '../plan/plan.ts';
import type { EjectionReason } from '../outliers/outlier-state.ts';
import type { BreakerLimit, Pool, PoolMember } from './pool.ts';

export type EndpointState = 'available' | 'ejected' | 'unhealthy';

export type EndpointView = {
  readonly service: string;
  readonly version: string;
  readonly address: string;
  readonly weight: number;
  readonly locality: string | null;
  readonly state: EndpointState;
  /** null: not ejected. */
  readonly ejectedForMs: number | null;
  /** Attempts; null where nothing asks for the count. */
  readonly inFlight: number | null;
  /** Open, idle ones included. */
  readonly connections: number;
};

/** One version's endpoints together; ejections since start. */
export type PoolTotal = {
  readonly service: string;
  readonly version: string;
  readonly states: Readonly<Record<EndpointState, number>>;
  readonly panic: boolean;
  readonly ejections: Readonly<Record<EjectionReason, number>>;
  readonly overflows: Readonly<Record<BreakerLimit, number>>;
  readonly checks: { readonly passed: number; readonly failed: number };
  /** Requests that wait for a connection. */
  readonly pending: number;
};

export function endpointViews(plans: Iterable<ServicePlan>, nowMs: number): EndpointView[] {
  return [...plans].flatMap(({ name, versions }) =>
    [...versions.values()].flatMap((version) => viewsOf(name, version, nowMs)),
  );
}

function viewsOf(service: string, version: VersionPlan, nowMs: number): EndpointView[] {
  if (version.pool) return version.pool.members.map((member) => viewOf(service, version.name, member, nowMs));
  return version.endpoints.map(({ address, connections }) => ({
    service,
    version: version.name,
    address,
    weight: 1,
    locality: null,
    state: 'available',
    ejectedForMs: null,
    inFlight: null,
    connections,
  }));
}

function viewOf(service: string, version: string, member: PoolMember, nowMs: number): EndpointView {
  const { address, weight, locality, inFlight, endpoint, outlier } = member;
  const untilMs = outlier.ejectedUntilMs;
  return {
    service,
    version,
    address,
    weight,
    locality: locality ? [locality.region, locality.zone].filter((p) => p !== undefined).join('/') : null,
    state: stateOf(member),
    ejectedForMs: untilMs === undefined ? null : Math.max(0, Math.round(untilMs - nowMs)),
    inFlight,
    connections: endpoint.connections,
  };
}

function stateOf({ outlier, health }: PoolMember): EndpointState {
  if (!health.healthy) return 'unhealthy';
  return outlier.ejectedUntilMs === undefined ? 'available' : 'ejected';
}

export function poolTotal(service: string, version: string, pool: Pool): PoolTotal {
  const states: Record<EndpointState, number> = { available: 0, ejected: 0, unhealthy: 0 };
  for (const member of pool.members) states[stateOf(member)]++;
  return {
    service,
    version,
    states,
    panic: pool.panic,
    ejections: { ...pool.ejections },
    overflows: { ...pool.overflows },
    checks: { ...pool.checks },
    pending: pool.gate?.waiting ?? 0,
  };
}
