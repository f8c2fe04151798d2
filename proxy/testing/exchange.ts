/** An exchange with a request and no sockets behind it, for the steps of filters. */
import { Socket } from 'node:net';
import { Downstream } from '../downstream/connection.ts';
import { Exchange } from '../exchange.ts';
import type { RouteContext } from '../filters/filter.ts';
import type { VersionPlan } from '../plan/plan.ts';
import { readHead } from './runtime.ts';
import { shadowLoad } from '../shadow/shadow-load.ts';
import type { HeldRuntime } from './runtime.ts';

export function exchangeOf(runtime: HeldRuntime, line: string, ...fields: readonly string[]): Exchange {
  const host = { resolve: () => undefined, closed: () => {}, retired: false, unknownHost: 'ROUTE_NOT_FOUND' as const };
  const exchange = new Exchange(runtime, new Downstream(runtime, host, new Socket()));
  readHead(exchange.downstream.head, line, ...fields);
  exchange.downstream.body.start(exchange.downstream.head);
  return exchange;
}

export function versionPlan(name: string): VersionPlan {
  return { name, endpoints: [], cursor: 0 };
}

export const V1 = versionPlan('v1');
export const V2 = versionPlan('v2');
export const V3 = versionPlan('v3');

export function routeContext(runtime: HeldRuntime, changes: Partial<RouteContext> = {}): RouteContext {
  return {
    runtime,
    service: 'shop',
    route: 'all',
    rule: {},
    stable: V1,
    versions: new Map([V1, V2, V3].map((v) => [v.name, v])),
    load: { inFlight: 0, retriesInFlight: 0 },
    overlay: undefined,
    buckets: (key, make) => make(key),
    shadowLoads: (version) => shadowLoad('shop', version),
    faults: [],
    gone: [],
    ...changes,
  };
}
