/** One budget of time for everything below, retries included. */
import { CONTINUE } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const deadline: Filter = {
  role: 'deadline',
  why: 'above assignment and retry: the user waits for the sum of all attempts, so the sum is what is limited',
  build: ({ rule }) => {
    const timeoutMs = rule.timeout;
    if (timeoutMs === undefined || timeoutMs === 0) return NOTHING;
    return {
      request: (exchange) => {
        exchange.armDeadline(timeoutMs);
        return CONTINUE;
      },
    };
  },
};
