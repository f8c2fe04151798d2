/** From checked documents to plans: each service's routes compiled to just the filters that they use. */
import type { Locality } from '../../contracts/balancer.ts';
import type { RouteDocument, ServiceDocument } from '../../contracts/document.ts';
import type { Resilience } from '../../contracts/resilience.ts';
import type { Rule } from '../../contracts/route.ts';
import type { Endpoint as EndpointSpec, Protocol, ServiceSpec } from '../../contracts/service.ts';
import { parseAddress } from '../../contracts/units.ts';
import { PoolTable } from '../balancing/pool-table.ts';
import type { ActiveFault } from '../faults/active-fault.ts';
import { goneOf, withoutGone } from '../faults/endpoint-gone.ts';
import type { Choice, Gone } from '../faults/endpoint-gone.ts';
import { Wires } from '../faults/tcp/wires.ts';
import type { Wrap } from '../faults/tcp/wires.ts';
import type { Filter, RouteContext } from '../filters/filter.ts';
import { OUTBOUND } from '../outbound.stack.ts';
import type { ActiveOverlay } from '../overlays.ts';
import type { Runtime } from '../runtime.ts';
import { shadowLoad } from '../shadow/shadow-load.ts';
import type { ShadowLoad } from '../shadow/shadow-load.ts';
import type { RateBuckets } from '../shared/sharing.ts';
import { tcpLoad } from '../tcp/tcp-load.ts';
import type { TcpLoad } from '../tcp/tcp-load.ts';
import { TrafficCounters } from '../telemetry/counters.ts';
import type { TrafficKind } from '../telemetry/counters.ts';
import type { UpstreamSecurity } from '../tls/dialer.ts';
import { NO_TLS } from '../tls/tls-table.ts';
import type { TlsTable } from '../tls/tls-table.ts';
import { Endpoint } from '../upstream/endpoint.ts';
import { webSocketLoad } from '../websocket/web-socket-load.ts';
import type { WebSocketLoad } from '../websocket/web-socket-load.ts';
import { Kept } from './kept.ts';
import { compileMatch } from './match.ts';
import type {
  AttemptEndStep,
  EndStep,
  FailureStep,
  RespondStep,
  RoutePlan,
  ServiceLoad,
  ServicePlan,
  Step,
  VersionPlan,
} from './plan.ts';

/** Rules with a rate limit, those of earlier configurations too. */
const MAX_RATE_LIMITS = 1_000;

/** What outlives a configuration: pools, counters and load are taken over by name. */
export class Inventory {
  readonly #runtime: Runtime;
  readonly endpoints = new Map<string, Endpoint>();
  readonly counters = new Kept<TrafficCounters>();
  readonly inbound = new Kept<TrafficCounters>();
  readonly loads = new Kept<ServiceLoad>();
  readonly pools: PoolTable;
  readonly shadows = new Kept<ShadowLoad>();
  readonly tcpLoads = new Kept<TcpLoad>();
  readonly webSocketLoads = new Kept<WebSocketLoad>();
  readonly #wires = new Map<string, Wires>();
  readonly buckets = new Map<string, RateBuckets>();
  /** Of the configuration in force. */
  tls: TlsTable = NO_TLS;
  /** Upstream connections that were opened to endpoints which are gone. */
  openedBefore = 0;

  constructor(runtime: Runtime, own?: Locality) {
    this.#runtime = runtime;
    this.pools = new PoolTable(runtime, own);
  }

  /**
   * Services with time-outs of their own have connections of their own.
   * @param faulty - whose connections these are, and what they go through
   */
  endpoint(
    address: string,
    { connectTimeout, idleTimeout }: Resilience = {},
    protocol: Protocol = 'http1',
    faulty?: { readonly of: string; readonly wrap: Wrap },
    security?: UpstreamSecurity,
  ): Endpoint {
    const special = [
      connectTimeout,
      idleTimeout,
      protocol === 'http1' ? undefined : protocol,
      faulty?.of,
      security?.id,
    ];
    const key = special.every((part) => part === undefined) ? address : [address, ...special].join('\n');
    const endpoint = remember(this.endpoints, key, () => {
      const { host, port } = parseAddress(address) ?? { host: address, port: 0 };
      const { wrap } = faulty ?? {};
      return new Endpoint(this.#runtime, address, host, port, connectTimeout, idleTimeout, protocol, wrap, security);
    });
    endpoint.revive();
    return endpoint;
  }

  /** To be called before everything is compiled anew: what is not named again will be forgotten in time. */
  nextRound(): void {
    for (const kept of [this.counters, this.inbound, this.loads, this.shadows, this.tcpLoads, this.webSocketLoads])
      kept.nextRound();
  }

  traffic(service: string, version: string, route: string, protocol?: Protocol): TrafficCounters {
    const key = `${service}\n${version}\n${route}`;
    const counters = this.counters.get(key, () => new TrafficCounters(service, version, route));
    counters.kind = { protocol: protocol === 'grpc' ? 'grpc' : 'http', security: 'unknown' };
    return counters;
  }

  /** What came in to the application beside this proxy. */
  inboundTraffic(service: string, version: string, kind: TrafficKind): TrafficCounters {
    const make = (): TrafficCounters => new TrafficCounters(service, version, 'inbound');
    const counters = this.inbound.get(`${service}\n${version}`, make);
    counters.kind = kind;
    return counters;
  }

  load(service: string): ServiceLoad {
    return this.loads.get(service, () => ({ inFlight: 0, retriesInFlight: 0 }));
  }

  rateBuckets(key: string, make: (id: string) => RateBuckets): RateBuckets {
    const kept = remember(this.buckets, key, () => make(key));
    // The last use comes last; limits that were declared otherwise before are forgotten in time.
    this.buckets.delete(key);
    this.buckets.set(key, kept);
    const [oldest] = this.buckets.keys();
    if (this.buckets.size > MAX_RATE_LIMITS && oldest !== undefined) this.buckets.delete(oldest);
    return kept;
  }

  tcp(service: string, version: string, side: TcpLoad['side'] = 'source'): TcpLoad {
    return this.tcpLoads.get(`${service}\n${version}${side}`, () => tcpLoad(service, version, side));
  }

  webSockets(service: string, version: string): WebSocketLoad {
    return this.webSocketLoads.get(`${service}\n${version}`, () => webSocketLoad(service, version));
  }

  wires(service: string): Wires {
    return remember(this.#wires, service, () => new Wires(this.#runtime));
  }

  /** Connections go on without what is over. */
  releaseWires(): void {
    for (const wires of this.#wires.values()) wires.releaseEnded();
  }

  shadow(service: string, version: string): ShadowLoad {
    return this.shadows.get(`${service}\n${version}`, () => shadowLoad(service, version));
  }

  /** Retires the endpoints that no plan names any more. */
  keepOnly(plans: Iterable<ServicePlan>): void {
    const versions = [...plans].flatMap((plan) => [...plan.versions.values()]);
    const inUse = new Set(versions.flatMap((v) => v.endpoints));
    for (const endpoint of this.endpoints.values()) if (!inUse.has(endpoint)) endpoint.retire();
    this.pools.keepOnly(new Set(versions.flatMap((v) => v.pool ?? [])));
    this.#forgetClosed();
  }

  /** Time-outs of upstream connections. */
  sweep(nowMs: number): void {
    this.releaseWires();
    for (const endpoint of this.endpoints.values()) endpoint.sweep(nowMs);
    this.pools.sweep(nowMs);
    this.#forgetClosed();
  }

  destroyAll(): void {
    this.pools.close();
    for (const wires of this.#wires.values()) wires.destroyAll();
    for (const endpoint of this.endpoints.values()) endpoint.destroyAll();
  }

  #forgetClosed(): void {
    for (const [address, endpoint] of this.endpoints) {
      if (!endpoint.retired || endpoint.connections > 0) continue;
      this.openedBefore += endpoint.opened;
      this.endpoints.delete(address);
    }
  }
}

function remember<V>(map: Map<string, V>, key: string, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** @param routes - the routes of this service, in the order of their names */
export function compileService(
  runtime: Runtime,
  inventory: Inventory,
  document: ServiceDocument,
  routes: readonly RouteDocument[],
  overlay: ActiveOverlay | undefined,
  declared: readonly ActiveFault[],
): ServicePlan | undefined {
  const name = document.metadata.name;
  const taking = declared.filter((fault) => fault.spec.endpointGone !== undefined);
  const choices = Object.keys(document.spec.versions).map((version) => choiceOf(document, version));
  const gone = goneOf(taking, choices);
  const versions = new Map<string, VersionPlan>();
  for (const version of Object.keys(document.spec.versions)) {
    versions.set(version, compileVersion(inventory, document, version, gone));
  }
  const stable = versions.get(document.spec.stable);
  if (!stable) return undefined;
  const load = inventory.load(name);
  limitRetries(load, name, document.spec.resilience?.circuitBreaker?.maxRetries, runtime);
  const faults = declared.filter((fault) => fault.plannedTcp.length === 0 && !taking.includes(fault));
  const { resilience } = document.spec;
  const shadowLoads = (version: string): ShadowLoad => inventory.shadow(name, version);
  const base = { runtime, service: name, stable, versions, load, overlay, faults, gone, resilience, shadowLoads };
  const plans: RoutePlan[] = [];
  for (const route of routes) {
    route.spec.rules.forEach((rule, index) => {
      plans.push(compileRule(inventory, { ...base, rule }, rule.name ?? `${route.metadata.name}-${index + 1}`));
    });
  }
  plans.push(compileRule(inventory, { ...base, rule: CATCH_ALL }, 'default'));
  const tcp = (version: string): TcpLoad => inventory.tcp(name, version);
  const { tcpIdleTimeout: tcpIdleMs } = resilience ?? {};
  const partitions = faults.filter((fault) => fault.spec.partition !== undefined);
  const wires = inventory.wires(name);
  return { name, stable, versions, routes: plans, load, overlay, tcp, tcpIdleMs, gone, partitions, wires };
}

function limitRetries(load: ServiceLoad, service: string, limit: number | undefined, { sharing }: Runtime): void {
  const key = `retries\n${service}`;
  if (limit !== undefined) load.maxRetries = sharing.limit({ key, limit, own: () => load.retriesInFlight });
  else if (load.maxRetries) {
    delete load.maxRetries;
    sharing.drop(key);
  }
}

/** A version with a sidecar is asked through it: what stands behind is the sidecar's to balance. */
function addressesOf(version: ServiceSpec['versions'][string] | undefined): readonly EndpointSpec[] {
  const { endpoints = [], inbound } = version ?? {};
  if (inbound === undefined) return endpoints;
  return [{ address: inbound, weight: 1, locality: endpoints[0]?.locality }];
}

function choiceOf({ spec }: ServiceDocument, version: string): Choice {
  const of = spec.versions[version];
  return { version, addresses: addressesOf(of).map(({ address }) => address), isSidecar: of?.inbound !== undefined };
}

/** Plain round robin needs no pool: the cursor of the plan is all there is. */
function isPlain({ resilience, versions }: ServiceSpec): boolean {
  const all = Object.values(versions).flatMap((v) => v.endpoints);
  return resilience === undefined && all.every((e) => e.weight === 1 && e.locality === undefined);
}

function compileVersion(
  inventory: Inventory,
  service: ServiceDocument,
  name: string,
  gone: readonly Gone[],
): VersionPlan {
  const { resilience = {}, versions } = service.spec;
  const all = addressesOf(versions[name]);
  const left = withoutGone(gone, choiceOf(service, name));
  const specs = all.filter(({ address }) => left.has(address));
  const protocol = versions[name]?.protocol;
  const wrap = inventory.wires(service.metadata.name).wrapFor(name);
  const faulty = wrap && { of: `${service.metadata.name}/${name}`, wrap };
  const security = inventory.tls.upstream(service.metadata.name, name);
  const endpointOf = (address: string): Endpoint => inventory.endpoint(address, resilience, protocol, faulty, security);
  const endpoints = specs.map(({ address }) => endpointOf(address));
  const webSockets = inventory.webSockets(service.metadata.name, name);
  inventory.tcpLoads.touch(`${service.metadata.name}\n${name}source`);
  inventory.shadows.touch(`${service.metadata.name}\n${name}`);
  if (isPlain(service.spec)) return { name, protocol, endpoints, cursor: 0, webSockets };
  const pool = inventory.pools.pool(service.metadata.name, name, specs, resilience, endpointOf);
  return { name, protocol, endpoints, cursor: 0, pool, webSockets };
}

const CATCH_ALL: Rule = {};

function compileRule(inventory: Inventory, base: Omit<RouteContext, 'buckets' | 'route'>, name: string): RoutePlan {
  const context: RouteContext = {
    ...base,
    route: name,
    buckets: (key, make) => inventory.rateBuckets(`${base.service}\n${name}\n${key}`, make),
  };
  const counters = new Map<VersionPlan | undefined, TrafficCounters>([
    [undefined, inventory.traffic(context.service, '-', name)],
  ]);
  for (const version of context.versions.values()) {
    counters.set(version, inventory.traffic(context.service, version.name, name, version.protocol));
  }
  return {
    service: context.service,
    name,
    matches: compileMatch(context.rule.match),
    load: context.load,
    maxBodyBytes: context.rule.maxBody,
    idleTimeoutMs: context.rule.idleTimeout,
    retryStatuses: context.rule.retry?.statuses && new Set(context.rule.retry.statuses),
    counters,
    ...partsOf(OUTBOUND, context),
  };
}

type Parts = Pick<RoutePlan, 'request' | 'attempt' | 'failure' | 'attemptEnd' | 'respond' | 'end'>;

/** What the filters of a stack add to one route. */
export function partsOf(stack: readonly Filter[], context: RouteContext): Parts {
  const request: Step[] = [];
  const attempt: Step[] = [];
  const failure: FailureStep[] = [];
  const attemptEnd: AttemptEndStep[] = [];
  const respond: RespondStep[] = [];
  const end: EndStep[] = [];
  for (const filter of stack) {
    const parts = filter.build(context);
    if (parts.request) request.push(parts.request);
    if (parts.attempt) attempt.push(parts.attempt);
    if (parts.failure) failure.unshift(parts.failure);
    if (parts.attemptEnd) attemptEnd.unshift(parts.attemptEnd);
    if (parts.respond) respond.unshift(parts.respond);
    if (parts.end) end.unshift(parts.end);
  }
  return {
    request,
    attempt,
    failure,
    attemptEnd: orNone(attemptEnd),
    respond: orNone(respond),
    end: orNone(end),
  };
}

function orNone<T>(steps: readonly T[]): readonly T[] | undefined {
  return steps.length === 0 ? undefined : steps;
}
