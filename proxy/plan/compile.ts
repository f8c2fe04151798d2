/** From checked documents to plans: each service's routes compiled to just the filters that they use. */
import type { RouteDocument, ServiceDocument } from '../../contracts/document.ts';
import type { Rule } from '../../contracts/route.ts';
import { parseAddress } from '../../contracts/units.ts';
import type { ActiveFault } from '../faults.ts';
import type { RouteContext } from '../filters/filter.ts';
import { OUTBOUND } from '../outbound.stack.ts';
import type { ActiveOverlay } from '../overlays.ts';
import type { Runtime } from '../runtime.ts';
import { TrafficCounters } from '../telemetry/counters.ts';
import { Endpoint } from '../upstream/endpoint.ts';
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

/** What outlives a configuration: pools, counters and load are taken over by name. */
export class Inventory {
  readonly #runtime: Runtime;
  readonly endpoints = new Map<string, Endpoint>();
  readonly counters = new Map<string, TrafficCounters>();
  readonly loads = new Map<string, ServiceLoad>();
  /** Upstream connections that were opened to endpoints which are gone. */
  openedBefore = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  endpoint(address: string): Endpoint {
    const endpoint = remember(this.endpoints, address, () => {
      const { host, port } = parseAddress(address) ?? { host: address, port: 0 };
      return new Endpoint(this.#runtime, address, host, port);
    });
    endpoint.revive();
    return endpoint;
  }

  traffic(service: string, version: string, route: string): TrafficCounters {
    return remember(
      this.counters,
      `${service}\n${version}\n${route}`,
      () => new TrafficCounters(service, version, route),
    );
  }

  load(service: string): ServiceLoad {
    return remember(this.loads, service, () => ({ inFlight: 0, retriesInFlight: 0 }));
  }

  /** Retires the endpoints that no version names any more. */
  keepOnly(addresses: ReadonlySet<string>): void {
    for (const [address, endpoint] of this.endpoints) if (!addresses.has(address)) endpoint.retire();
    this.#forgetClosed();
  }

  /** Time-outs of upstream connections. */
  sweep(nowMs: number): void {
    for (const endpoint of this.endpoints.values()) endpoint.sweep(nowMs);
    this.#forgetClosed();
  }

  destroyAll(): void {
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
  faults: readonly ActiveFault[],
): ServicePlan | undefined {
  const name = document.metadata.name;
  const versions = new Map<string, VersionPlan>();
  for (const [version, { endpoints }] of Object.entries(document.spec.versions)) {
    versions.set(version, { name: version, endpoints: endpoints.map((a) => inventory.endpoint(a)), cursor: 0 });
  }
  const stable = versions.get(document.spec.stable);
  if (!stable) return undefined;
  const load = inventory.load(name);
  const base = { runtime, service: name, stable, versions, load, overlay, faults };
  const plans: RoutePlan[] = [];
  for (const route of routes) {
    route.spec.rules.forEach((rule, index) => {
      plans.push(compileRule(inventory, { ...base, rule }, rule.name ?? `${route.metadata.name}-${index + 1}`));
    });
  }
  plans.push(compileRule(inventory, { ...base, rule: CATCH_ALL }, 'default'));
  return { name, stable, versions, routes: plans, load };
}

const CATCH_ALL: Rule = {};

function compileRule(inventory: Inventory, context: RouteContext, name: string): RoutePlan {
  const request: Step[] = [];
  const attempt: Step[] = [];
  const failure: FailureStep[] = [];
  const attemptEnd: AttemptEndStep[] = [];
  const respond: RespondStep[] = [];
  const end: EndStep[] = [];
  for (const filter of OUTBOUND) {
    const parts = filter.build(context);
    if (parts.request) request.push(parts.request);
    if (parts.attempt) attempt.push(parts.attempt);
    if (parts.failure) failure.unshift(parts.failure);
    if (parts.attemptEnd) attemptEnd.unshift(parts.attemptEnd);
    if (parts.respond) respond.unshift(parts.respond);
    if (parts.end) end.unshift(parts.end);
  }
  const counters = new Map<VersionPlan | undefined, TrafficCounters>([
    [undefined, inventory.traffic(context.service, '-', name)],
  ]);
  for (const version of context.versions.values()) {
    counters.set(version, inventory.traffic(context.service, version.name, name));
  }
  return {
    service: context.service,
    name,
    matches: compileMatch(context.rule.match),
    load: context.load,
    request,
    attempt,
    failure,
    attemptEnd: orNone(attemptEnd),
    respond: orNone(respond),
    end: orNone(end),
    counters,
  };
}

function orNone<T>(steps: readonly T[]): readonly T[] | undefined {
  return steps.length === 0 ? undefined : steps;
}
