/** Sends a second attempt to another endpoint when the first takes long; for requests that are safe to repeat. */
import { Retry } from '../../contracts/route.ts';
import type { Exchange } from '../exchange.ts';
import { Hedge } from '../hedge/hedge.ts';
import type { HedgeRules } from '../hedge/hedge.ts';
import type { Target } from '../hedge/rival.ts';
import { CONTINUE, SUSPENDED } from '../plan/plan.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { nextEndpoint } from './balancing.ts';
import { NOTHING } from './filter.ts';
import type { Filter, RouteContext } from './filter.ts';
import { withinBudget } from './retry.ts';

export const hedge: Filter = {
  role: 'hedge',
  why: 'below retry: a failure is retried only when no rival is under way; above balancing and faults: what they do to the first attempt is what it is for',
  build: (context) => {
    const spec = context.rule.hedge;
    if (spec === undefined) return NOTHING;
    const { load } = context;
    const totals = (load.hedges ??= { started: 0, won: 0 });
    const faults = context.faults.filter((f) => f.spec.at === 'attempt');
    const rules: HedgeRules = { spec, load, totals, faults, mayStart: mayStart(context), target };
    return {
      attempt: (exchange) => {
        if (exchange.hedge?.takeOver()) return SUSPENDED;
        if (exchange.attempts === 1 && exchange.head.isIdempotent) exchange.hedge = new Hedge(exchange, rules);
        return CONTINUE;
      },
      failure: (exchange) => exchange.hedge?.hasRival ?? false,
      respond: (exchange) => exchange.hedge?.cancel(),
      end: (exchange) => exchange.hedge?.cancel(),
    };
  },
};

/** Rivals count as retries: within the route's budget (or the default one) and the circuit breaker. */
function mayStart({ rule, load }: RouteContext): (exchange: Exchange) => boolean {
  const policy = rule.retry ?? Retry.parse({});
  return (exchange) =>
    exchange.replayable && load.retriesInFlight < (load.maxRetries?.allowed ?? Infinity) && withinBudget(policy, load);
}

/** @returns undefined where there is no other endpoint, or no room for another request */
function target({ version, runtime }: Exchange, taken: readonly Endpoint[]): Target | undefined {
  if (version === undefined) return undefined;
  const { pool } = version;
  const member = pool?.choose(runtime.clock.nowMs(), undefined, taken[0]);
  const endpoint = pool ? member?.endpoint : nextEndpoint(version, taken[0]);
  if (endpoint === undefined || taken.includes(endpoint)) return undefined;
  if (pool && !pool.hasRoom(endpoint)) return undefined;
  return { endpoint, member };
}
