/** One budget of time for everything below, retries included. */
import { formatGrpcTimeout, parseGrpcTimeout } from '../grpc/timeout.ts';
import { CONTINUE } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter, RouteParts } from './filter.ts';

export const deadline: Filter = {
  role: 'deadline',
  why: 'above assignment and retry: the user waits for the sum of all attempts, so the sum is what is limited',
  build: ({ rule, versions }) => {
    const timeoutMs = rule.timeout;
    if ([...versions.values()].some(({ endpoints }) => endpoints[0]?.protocol === 'grpc'))
      return callDeadline(timeoutMs);
    if (timeoutMs === undefined || timeoutMs === 0) return NOTHING;
    return {
      request: (exchange) => {
        exchange.armDeadline(timeoutMs);
        return CONTINUE;
      },
    };
  },
};

/** The caller's own deadline where it is shorter; each attempt is told what is left of it. */
function callDeadline(timeoutMs = 0): RouteParts {
  return {
    request: (exchange) => {
      const askedMs = parseGrpcTimeout(exchange.head.get('grpc-timeout'));
      const isShorter = askedMs !== undefined && (timeoutMs === 0 || askedMs < timeoutMs);
      const ms = isShorter ? askedMs : timeoutMs;
      if (ms === 0 && !isShorter) return CONTINUE;
      exchange.deadlineAtMs = exchange.runtime.clock.nowMs() + ms;
      exchange.armDeadline(Math.max(1, Math.round(ms)));
      return CONTINUE;
    },
    attempt: (exchange) => {
      if (exchange.deadlineAtMs === 0) return CONTINUE;
      const leftMs = exchange.deadlineAtMs - exchange.runtime.clock.nowMs();
      exchange.requestEdits().set('grpc-timeout', formatGrpcTimeout(leftMs));
      return CONTINUE;
    },
  };
}
