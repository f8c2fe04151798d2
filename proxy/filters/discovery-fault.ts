/** Endpoints that a fault has taken away: the plan is built without them; here their absence is counted. */
import { countGone } from '../faults/endpoint-gone.ts';
import { CONTINUE } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const discoveryFault: Filter = {
  role: 'discovery-fault',
  why: 'right above balancing: counts each choice that is made among fewer endpoints than there are',
  build: ({ gone }) => {
    if (gone.length === 0) return NOTHING;
    return {
      attempt: (exchange) => {
        exchange.faults += countGone(gone, exchange.version?.name);
        return CONTINUE;
      },
    };
  },
};
