/** One view of several workers: counters add up, states that all must share are those of the first. */
import type { EndpointView } from '../balancing/endpoint-view.ts';
import type { IdentityState } from '../identity/identity.ts';
import type { MetricsSnapshot, TrafficTotal } from '../dataplane-api.ts';
import type { SizeTotals } from '../telemetry/body-sizes.ts';

/** @param snapshots - at least one */
export function mergeMetrics(snapshots: readonly [MetricsSnapshot, ...MetricsSnapshot[]]): MetricsSnapshot {
  const [first] = snapshots;
  const sum = (of: (s: MetricsSnapshot) => number): number => snapshots.reduce((total, s) => total + of(s), 0);
  return {
    ...first,
    traffic: addTraffic(snapshots.flatMap((s) => s.traffic)),
    inbound: addTraffic(snapshots.flatMap((s) => s.inbound)),
    faults: byKey(
      snapshots.flatMap((s) => s.faults),
      (f) => `${f.fault}\n${f.type}`,
      (a, b) => ({ ...a, injected: a.injected + b.injected }),
    ),
    spared: byKey(
      snapshots.flatMap((s) => s.spared),
      ({ fault, cap }) => `${fault}\n${cap}`,
      (a, b) => ({ ...a, spared: a.spared + b.spared }),
    ),
    errors: byKey(
      snapshots.flatMap((s) => s.errors),
      ({ code }) => code,
      (a, b) => ({ ...a, count: a.count + b.count }),
    ),
    hedges: byKey(
      snapshots.flatMap((s) => s.hedges),
      ({ service }) => service,
      addNumbers,
    ),
    admission: byKey(
      snapshots.flatMap((s) => s.admission),
      ({ service }) => service,
      (a, b) => ({ ...addNumbers(a, b), ...(a.adaptive ? {} : { limit: a.limit }) }),
    ),
    shadows: byVersion(snapshots.flatMap((s) => s.shadows)),
    tcp: byVersion(snapshots.flatMap((s) => s.tcp)),
    webSockets: byVersion(snapshots.flatMap((s) => s.webSockets)),
    pools: byKey(
      snapshots.flatMap((s) => s.pools),
      ({ service, version }) => `${service}\n${version}`,
      (a, b) => ({ ...addNumbers(a, b), states: a.states }),
    ),
    downstreamConnections: sum((s) => s.downstreamConnections),
    downstreamConnectionsTotal: sum((s) => s.downstreamConnectionsTotal),
    upstreamConnections: sum((s) => s.upstreamConnections),
    upstreamConnectionsTotal: sum((s) => s.upstreamConnectionsTotal),
    requestsInFlight: sum((s) => s.requestsInFlight),
    overload: Math.max(...snapshots.map((s) => s.overload)),
    leaseExpiredTotal: sum((s) => s.leaseExpiredTotal),
    ...(first.identity
      ? {
          identity: mergeIdentities(
            snapshots.flatMap((s) => s.identity ?? []),
            first.identity,
          ),
        }
      : {}),
  };
}

/** Each worker has a certificate of its own: the one that is over first is shown, and none where one has none. */
function mergeIdentities(states: readonly IdentityState[], { name }: IdentityState): IdentityState {
  const left = states.map(({ leftMs }) => leftMs).filter((leftMs) => leftMs !== null);
  const sum = (of: (state: IdentityState) => number): number => states.reduce((total, state) => total + of(state), 0);
  const leftMs = left.length < states.length ? null : Math.min(...left);
  return { name, leftMs, issued: sum(({ issued }) => issued), failed: sum(({ failed }) => failed) };
}

/** Each worker looks at the endpoints for itself; an endpoint is shown as the first worker sees it, its load as all do. */
export function mergeEndpoints(views: readonly (readonly EndpointView[])[]): EndpointView[] {
  return byKey(
    views.flat(),
    (v) => `${v.service}\n${v.version}\n${v.address}`,
    (a, b) => ({
      ...a,
      inFlight: a.inFlight === null ? b.inFlight : a.inFlight + (b.inFlight ?? 0),
      connections: a.connections + b.connections,
    }),
  );
}

/** Rows of numbers, one for each version of a service. */
type OfVersion = { readonly service: string; readonly version: string; readonly side?: string };

function byVersion<T extends OfVersion>(rows: readonly T[]): T[] {
  return byKey(rows, ({ service, version, side }) => `${service}\n${version}\n${side}`, addNumbers);
}

function byKey<T>(rows: readonly T[], keyOf: (row: T) => string, add: (a: T, b: T) => T): T[] {
  const merged = new Map<string, T>();
  for (const row of rows) {
    const key = keyOf(row);
    const known = merged.get(key);
    merged.set(key, known === undefined ? row : add(known, row));
  }
  return [...merged.values()];
}

/** Adds every number of two objects of one shape, however deep; what is no number stays as in the first. */
export function addNumbers<T>(a: T, b: T): T {
  if (typeof a === 'number' && typeof b === 'number') return (a + b) as T;
  if (typeof a !== 'object' || a === null || Array.isArray(a)) return a;
  const other = new Map(Object.entries(b ?? {}));
  return Object.fromEntries(
    Object.entries(a).map(([key, value]) => [key, addNumbers(value, other.get(key) ?? 0)]),
  ) as T;
}

function addPairs(pairs: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const sums = new Map<number, number>();
  for (const [key, count] of pairs) sums.set(key, (sums.get(key) ?? 0) + count);
  return [...sums].sort(([a], [b]) => a - b);
}

function addArrays(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  return Float64Array.from(a, (value, i) => value + (b[i] ?? 0));
}

function addSizes(a: SizeTotals, b: SizeTotals): SizeTotals {
  return { counts: a.counts.map((count, i) => count + (b.counts[i] ?? 0)), sum: a.sum + b.sum };
}

function addTraffic(totals: readonly TrafficTotal[]): TrafficTotal[] {
  return byKey(
    totals,
    (t) => `${t.service}\n${t.version}\n${t.route}`,
    (a, b) => ({
      ...a,
      codes: addPairs([...a.codes, ...b.codes]),
      retries: a.retries + b.retries,
      shielded: a.shielded + b.shielded,
      latencySumUs: a.latencySumUs + b.latencySumUs,
      latency: addArrays(a.latency, b.latency),
      messages: addNumbers(a.messages, b.messages),
      requestSizes: addSizes(a.requestSizes, b.requestSizes),
      responseSizes: addSizes(a.responseSizes, b.responseSizes),
      details: byKey(
        [...a.details, ...b.details],
        ({ status, grpcStatus, flag }) => `${status} ${grpcStatus} ${flag}`,
        (one, other) => ({ ...one, count: one.count + other.count }),
      ),
    }),
  );
}
