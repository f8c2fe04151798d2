/** Refuses a body that is larger than the rule lets pass: by its length where it has one, else where it has become too large. */
import { ANSWERED, CONTINUE } from '../plan/plan.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const bodyLimit: Filter = {
  role: 'body-limit',
  why: 'above faults, rewriting and attempts: no endpoint gets the head of a request whose body will be refused',
  build: ({ rule: { maxBody: maxBytes } }) => {
    if (maxBytes === undefined) return NOTHING;
    return {
      // What is streamed is counted as it comes (Downstream, RoutePlan.maxBodyBytes).
      request: (exchange) => {
        const { head, body } = exchange.downstream;
        if (head.contentLength <= maxBytes && body.receivedBytes <= maxBytes) return CONTINUE;
        exchange.answer('BODY_TOO_LARGE', `${maxBytes} bytes may come`);
        return ANSWERED;
      },
    };
  },
};
