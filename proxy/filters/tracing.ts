/** Takes part in traces: reads W3C or B3, decides about sampling once, and gives each endpoint its parent span. */
import { randomBytes } from 'node:crypto';
import { CONTINUE } from '../plan/plan.ts';
import type { Exchange } from '../exchange.ts';
import { decisionOf, traceContextOf, traceFields } from '../tracing/trace-context.ts';
import { NOTHING } from './filter.ts';
import type { Filter } from './filter.ts';

export const tracing: Filter = {
  role: 'tracing',
  why: 'above everything that may answer or wait, so that a span covers what its user waited for',
  build: ({ runtime }) => {
    const { tracing: spans } = runtime;
    if (!spans) return NOTHING;
    return {
      request: (exchange) => {
        const parent = traceContextOf(exchange.head);
        const decided = parent?.sampled ?? decisionOf(exchange.head);
        if (decided ?? runtime.random.ppm() < spans.samplePpm) {
          exchange.trace = spans.begin(exchange, parent);
        } else if (parent?.format !== 'w3c') {
          // Those behind us shall not decide again.
          const traceId = parent?.traceId ?? randomBytes(16).toString('hex');
          const spanId = parent?.spanId ?? randomBytes(8).toString('hex');
          tell(exchange, traceId, spanId, false);
        }
        return CONTINUE;
      },
      attempt: (exchange) => {
        const { trace } = exchange;
        if (trace) tell(exchange, trace.traceId, trace.beginAttempt(exchange), true);
        return CONTINUE;
      },
      attemptEnd: (exchange, outcome, status) => exchange.trace?.endAttempt(exchange, outcome, status),
      end: (exchange, status, failed) => exchange.trace?.end(exchange, status, failed),
    };
  },
};

function tell(exchange: Exchange, traceId: string, spanId: string, sampled: boolean): void {
  const edits = exchange.requestEdits();
  for (const [name, value] of traceFields(exchange.head, { traceId, spanId, sampled })) {
    if (value === undefined) edits.remove(name);
    else edits.set(name, value);
  }
}
