/** The way in to the application that a sidecar stands beside, compiled. */
import type { AccessPolicySpec } from '../../contracts/access-policy.ts';
import type { RouteDocument, ServiceDocument } from '../../contracts/document.ts';
import { INBOUND } from '../inbound.stack.ts';
import type { ActiveFault } from '../faults/active-fault.ts';
import { goneOf, withoutGone } from '../faults/endpoint-gone.ts';
import type { Runtime } from '../runtime.ts';
import type { Inventory } from './compile.ts';
import { partsOf } from './compile.ts';
import { webSocketLoad } from '../websocket/web-socket-load.ts';
import type { Config } from './parse-config.ts';
import type { RoutePlan, ServicePlan, VersionPlan } from './plan.ts';

/** The service and version that the proxy stands beside. */
export type Beside = { readonly service: string; readonly version?: string | undefined };

/** The name of its listener. */
export const INBOUND_NAME = 'inbound';

/** As Istio says it; a permissive port takes both kinds of callers, and they are not counted apart. */
const SECURITY_OF = { strict: 'mutual_tls', permissive: 'unknown', off: 'none' } as const;

export type FoundBeside = { readonly document: ServiceDocument; readonly version: string; readonly inbound: string };

/** @returns undefined when the configuration opens no way in to what the proxy stands beside */
export function serviceBeside(
  { services }: Pick<Config, 'services'>,
  beside: Beside | undefined,
): FoundBeside | undefined {
  const document = services.find((s) => s.metadata.name === beside?.service);
  const version = beside?.version;
  const inbound = version === undefined ? undefined : document?.spec.versions[version]?.inbound;
  return document && version !== undefined && inbound !== undefined ? { document, version, inbound } : undefined;
}

/** @param declared - the faults of the service: those that take endpoints away act where these are chosen, here */
export function compileInbound(
  runtime: Runtime,
  inventory: Inventory,
  document: ServiceDocument,
  version: string,
  access: AccessPolicySpec | undefined,
  declared: readonly ActiveFault[],
  routes: readonly RouteDocument[],
): ServicePlan {
  const name = document.metadata.name;
  const { endpoints, gone } = endpointsOf(inventory, document, version, declared);
  // Only callers tell of WebSockets; here it keeps their time apart from that of requests.
  const webSockets = webSocketLoad(name, version);
  const plan: VersionPlan = { name: version, endpoints, cursor: 0, webSockets };
  const versions = new Map([[version, plan]]);
  const load = inventory.load(`inbound ${name}`);
  const wires = inventory.wires(`inbound ${name}`);
  const parts = partsOf(INBOUND, {
    runtime,
    service: name,
    rule: {},
    route: 'inbound',
    stable: plan,
    versions,
    load,
    overlay: undefined,
    faults: [],
    gone,
    access,
    buckets: (key, make) => make(key),
    shadowLoads: (shadow) => inventory.shadow(name, shadow),
  });
  const counters = countersOf(inventory, document, plan);
  const route = {
    service: name,
    name: 'inbound',
    matches: undefined,
    maxBodyBytes: undefined,
    idleTimeoutMs: longestIdleMs(name, routes, runtime.limits.streamIdleMs),
    load,
    counters,
    ...parts,
  };
  const tcp: ServicePlan['tcp'] = (of) => inventory.tcp(name, of, 'destination');
  const tcpIdleMs = document.spec.resilience?.tcpIdleTimeout;
  const partitions: ServicePlan['partitions'] = [];
  return {
    name,
    stable: plan,
    versions,
    routes: [route],
    load,
    overlay: undefined,
    tcp,
    tcpIdleMs,
    gone,
    partitions,
    wires,
  };
}

function endpointsOf(
  inventory: Inventory,
  { metadata: { name }, spec: { versions, resilience } }: ServiceDocument,
  version: string,
  declared: readonly ActiveFault[],
): { readonly endpoints: VersionPlan['endpoints']; readonly gone: ServicePlan['gone'] } {
  const spec = versions[version];
  const security = inventory.tls.application(name, version);
  const choice = { version, addresses: (spec?.endpoints ?? []).map(({ address }) => address), isSidecar: false };
  const gone = goneOf(declared, [choice]);
  const endpoints = [...withoutGone(gone, choice)].map((address) =>
    inventory.endpoint(address, resilience, spec?.protocol, undefined, security),
  );
  return { endpoints, gone };
}

/** What callers let rest for so long is not ended here: which of their routes it was is not known. */
function longestIdleMs(service: string, routes: readonly RouteDocument[], defaultMs: number): number {
  const own = routes.filter(({ spec }) => spec.service === service).flatMap(({ spec }) => spec.rules);
  return Math.max(defaultMs, ...own.map(({ idleTimeout }) => idleTimeout ?? 0));
}

function countersOf(
  inventory: Inventory,
  { metadata, spec }: ServiceDocument,
  plan: VersionPlan,
): RoutePlan['counters'] {
  const security = SECURITY_OF[spec.mtls];
  const protocol = spec.versions[plan.name]?.protocol === 'grpc' ? 'grpc' : 'http';
  return new Map([
    [undefined, inventory.inboundTraffic(metadata.name, '-', { protocol: 'http', security })],
    [plan, inventory.inboundTraffic(metadata.name, plan.name, { protocol, security })],
  ]);
}
