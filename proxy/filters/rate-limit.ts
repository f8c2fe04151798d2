/** Lets so many requests pass in a time, for the rule or for each value of a header; the others are told when to come back. */
import { ANSWERED, CONTINUE } from '../plan/plan.ts';
import { TokenBuckets } from '../rate-limit/token-buckets.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const rateLimit: Filter = {
  role: 'rate-limit',
  why: 'above faults and everything that costs: what is too much is refused before it is worked on',
  build: ({ rule: { rateLimit: spec }, runtime, buckets }) => {
    if (!spec) return NOTHING;
    const limits = { requests: spec.requests, perMs: spec.per, burst: spec.burst ?? spec.requests };
    const kept = buckets(JSON.stringify(spec), () => new TokenBuckets(limits));
    return {
      request: (exchange) => {
        const key = spec.by === undefined ? '' : (exchange.head.get(spec.by) ?? '');
        const waitMs = kept.take(key, runtime.clock.nowMs());
        if (waitMs === 0) return CONTINUE;
        exchange.responseEdits().set('retry-after', String(Math.max(1, Math.ceil(waitMs / 1_000))));
        exchange.answer('RATE_LIMITED', `${spec.requests} requests per ${spec.per} ms may pass`);
        return ANSWERED;
      },
    };
  },
};
