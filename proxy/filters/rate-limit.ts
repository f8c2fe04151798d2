/** Lets so many requests pass in a time, for the rule or for each of its clients; the others are told when to come back. */
import type { RateLimit } from '../../contracts/rate-limit.ts';
import { ANSWERED, CONTINUE, SUSPENDED } from '../plan/plan.ts';
import { clientKey } from '../rate-limit/client-key.ts';
import { policyField, stateField } from '../rate-limit/fields.ts';
import type { Exchange } from '../exchange.ts';
import { ASK } from '../shared/sharing.ts';
import type { Runtime } from '../runtime.ts';
import { NOTHING } from './filter.ts';
import type { Filter, RouteContext, RouteParts } from './filter.ts';

export const rateLimit: Filter = {
  role: 'rate-limit',
  why: 'above faults and everything that costs: what is too much is refused before it is worked on',
  build: ({ rule, runtime, buckets, route }) =>
    rule.rateLimit ? rateLimitParts(rule.rateLimit, route, runtime, buckets) : NOTHING,
};

/** @param name - by which the answers speak of the limit */
export function rateLimitParts(
  spec: RateLimit,
  name: string,
  { clock, sharing }: Runtime,
  buckets: RouteContext['buckets'],
): RouteParts {
  const limits = { requests: spec.requests, perMs: spec.per, burst: spec.burst ?? spec.requests };
  const kept = buckets(JSON.stringify(spec), (id) => sharing.buckets(id, limits));
  const keyOf = clientKey(spec.by);
  const policy = policyField(name, limits);
  const { holder } = kept;
  const refused = (exchange: Exchange, waitMs: number): boolean => {
    if (spec.headers) {
      const edits = exchange.responseEdits();
      edits.append('ratelimit-policy', policy);
      edits.append('ratelimit', stateField(name, kept.left, kept.fullInMs));
    }
    if (waitMs === 0) return false;
    exchange.responseEdits().set('retry-after', String(Math.max(1, Math.ceil(waitMs / 1_000))));
    exchange.answer('RATE_LIMITED', `${spec.requests} requests per ${spec.per} ms may pass`);
    return true;
  };
  const decide = (exchange: Exchange, waitMs: number): void => {
    if (!refused(exchange, waitMs)) exchange.onWaitOver();
  };
  return {
    request: (exchange) => {
      const key = keyOf(exchange.head, exchange.downstream.remoteIp);
      const waitMs = kept.take(key, clock.nowMs());
      if (waitMs !== ASK) return refused(exchange, waitMs) ? ANSWERED : CONTINUE;
      holder?.hold(key, exchange, decide);
      return SUSPENDED;
    },
    ...(holder ? { end: (exchange: Exchange) => holder.letGo(exchange) } : {}),
  };
}
