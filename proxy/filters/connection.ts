/** Sends the attempt over a pooled connection; where connections are limited, the gate may let it wait. */
import { GO, OVERFLOW } from '../breaker/connection-gate.ts';
import { ANSWERED, CONTINUE, SUSPENDED } from '../plan/plan.ts';
import type { Step } from '../plan/plan.ts';
import type { Filter } from './filter.ts';

export const connection: Filter = {
  role: 'connection',
  why: 'innermost: a pooled connection to the endpoint that was chosen',
  build: ({ resilience }) => ({ attempt: resilience?.circuitBreaker ? throughGate : dispatch }),
};

const dispatch: Step = (exchange) => {
  if (!exchange.endpoint) return CONTINUE;
  exchange.dispatch(exchange.endpoint);
  return SUSPENDED;
};

const throughGate: Step = (exchange) => {
  const pool = exchange.member?.pool;
  const entered = pool?.gate?.enter(exchange) ?? GO;
  if (entered === GO) return dispatch(exchange);
  if (pool === undefined || entered !== OVERFLOW) return SUSPENDED;
  pool.overflows.pending++;
  exchange.attemptFailed('overflow');
  return ANSWERED;
};
