/** Chooses the endpoint of an attempt, and on a retry not the one that has just failed, where there is another. */
import { pooled } from '../balancing/pooled.ts';
import { ANSWERED, CONTINUE } from '../plan/plan.ts';
import type { VersionPlan } from '../plan/plan.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { Filter } from './filter.ts';

export const balancing: Filter = {
  role: 'balancing',
  why: 'below retry: each attempt chooses anew; above the attempt-level fault: a fault may be meant for what was chosen',
  build: (context) => {
    if ([...context.versions.values()].some((v) => v.pool)) return pooled(context);
    return {
      attempt: (exchange) => {
        const version = exchange.version;
        const endpoint = version && nextEndpoint(version, exchange.attempts > 1 ? exchange.endpoint : undefined);
        if (!endpoint) {
          exchange.attemptFailed('no-endpoint');
          return ANSWERED;
        }
        exchange.endpoint = endpoint;
        return CONTINUE;
      },
    };
  },
};

/** Plain round robin. @param failed - not this one again, where there is another */
export function nextEndpoint(version: VersionPlan, failed: Endpoint | undefined): Endpoint | undefined {
  const { endpoints } = version;
  const chosen = endpoints[version.cursor++ % endpoints.length];
  return chosen === failed && endpoints.length > 1 ? endpoints[version.cursor++ % endpoints.length] : chosen;
}
