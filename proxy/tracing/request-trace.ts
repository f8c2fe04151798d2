/** What tracing does with one request: a span for the request, one for each attempt. */
import type { Exchange } from '../exchange.ts';
import type { AttemptOutcome } from '../plan/plan.ts';
import type { TraceContext } from './trace-context.ts';

/** The spans of one request that is sampled. */
export interface RequestTrace {
  readonly traceId: string;
  /** @returns the span id that the endpoint gets as its parent */
  beginAttempt(exchange: Exchange): string;
  endAttempt(exchange: Exchange, outcome: AttemptOutcome, status: number): void;
  end(exchange: Exchange, status: number, failed: boolean): void;
}

/** Where spans go. */
export interface Tracing {
  /** The share of requests that is traced where the caller has not decided. */
  readonly samplePpm: number;
  begin(exchange: Exchange, parent: TraceContext | undefined): RequestTrace;
  /** Sends what is kept. */
  close(): Promise<void>;
}
