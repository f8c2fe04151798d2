/** What the balancing filter does where a version has a pool: choose among its members, and count what is in flight. */
import type { RouteContext, RouteParts } from '../filters/filter.ts';
import { ANSWERED, CONTINUE } from '../plan/plan.ts';
import type { Exchange } from '../exchange.ts';
import { hashKey } from './hash-key.ts';

/** @param context - of a service of which at least one version has a pool: then all have one, or are chosen in turn */
export function pooled({ runtime, resilience }: RouteContext): RouteParts {
  const hashOf = hashKey(resilience?.balancer?.hashOn);
  return {
    attempt: (exchange) => {
      letGo(exchange);
      const pool = exchange.version?.pool;
      const failed = exchange.attempts > 1 ? exchange.endpoint : undefined;
      const member = pool?.choose(runtime.clock.nowMs(), hashOf?.(exchange), failed);
      if (pool === undefined || member === undefined) {
        exchange.attemptFailed('no-endpoint');
        return ANSWERED;
      }
      if (pool.maxRequests !== undefined && pool.inFlight >= pool.maxRequests.allowed) {
        pool.overflows.requests++;
        exchange.attemptFailed('overflow');
        return ANSWERED;
      }
      pool.begin(member);
      exchange.member = member;
      exchange.endpoint = member.endpoint;
      return CONTINUE;
    },
    // An attempt that is answered stays in flight until its answer has ended.
    attemptEnd: (exchange, outcome, status) => {
      const { member } = exchange;
      // What has waited in vain says nothing about the endpoint.
      if (member?.pool.gate?.leave(exchange) !== true)
        member?.pool.detector?.observe(member, outcome, status, runtime.clock.nowMs());
      if (outcome !== 'answered') letGo(exchange);
    },
    end: letGo,
  };
}

function letGo(exchange: Exchange): void {
  const { member } = exchange;
  if (member === undefined) return;
  exchange.member = undefined;
  member.pool.end(member);
}
