/** Retries within a budget, and the shield: a request that failed on the candidate is answered by the baseline. */
import { PPM } from '../../contracts/units.ts';
import type { Retry, RetryCondition } from '../../contracts/route.ts';
import type { Exchange } from '../exchange.ts';
import { GRPC } from '../grpc/status.ts';
import { CONTINUE } from '../plan/plan.ts';
import type { AttemptFailure, FailureStep, ServiceLoad, Step } from '../plan/plan.ts';
import type { Filter } from './filter.ts';

export const retry: Filter = {
  role: 'retry',
  why: 'above balancing and attempt-level faults: each attempt meets them anew; below assignment: never another arm but by the shield',
  build: ({ rule, load }) => {
    const failure = failureStep(rule.retry, load);
    const perTryMs = rule.retry?.perTryTimeout ?? 0;
    return perTryMs === 0 ? { failure } : { failure, request: limitFirstTry(perTryMs) };
  },
};

/** The first attempt has the limit of the others; under the shield the shorter of the two holds. */
function limitFirstTry(perTryMs: number): Step {
  return (exchange) => {
    const shieldMs = exchange.perTryTimeoutMs;
    exchange.perTryTimeoutMs = shieldMs === 0 ? perTryMs : Math.min(shieldMs, perTryMs);
    return CONTINUE;
  };
}

function failureStep(policy: Retry | undefined, load: ServiceLoad): FailureStep {
  const allows = (exchange: Exchange, retry: Retry): boolean =>
    exchange.retrying || (withinBudget(retry, load) && withinBreaker(exchange, load));
  return (exchange, failure, status) =>
    ((failure !== 'status' || status >= 500) && shield(exchange, policy)) ||
    retryOnce(exchange, failure, status, policy, allows);
}

/** RFC 9110 9.2.2: only what is safe to repeat is repeated. The shield is outside the budget: it exists so that no user sees the candidate's failure. */
function shield(exchange: Exchange, policy: Retry | undefined): boolean {
  const baseline = exchange.shieldVersion;
  if (!baseline || !exchange.head.isIdempotent || !exchange.replayable) return false;
  exchange.shieldVersion = undefined;
  exchange.perTryTimeoutMs = policy?.perTryTimeout ?? 0;
  exchange.version = baseline;
  exchange.shieldUsed();
  return true;
}

function retryOnce(
  exchange: Exchange,
  failure: AttemptFailure,
  status: number,
  policy: Retry | undefined,
  allows: (exchange: Exchange, policy: Retry) => boolean,
): boolean {
  if (!policy || exchange.retries >= policy.attempts) return false;
  const byCall = failure === 'status' && policy.on.some((c) => GRPC_STATUS[c] === exchange.grpcStatus);
  const byStatus = failure === 'status' && policy.statuses?.includes(status) === true;
  if (!byCall && !byStatus && !policy.on.some((c) => applies(c, failure, status))) return false;
  // Every call is a POST: whoever names a status of gRPC says that the route's calls may be repeated.
  const isSafe = byCall || exchange.head.isIdempotent || failure === 'connect';
  if (!exchange.replayable || !isSafe) return false;
  const waitMs = waitBefore(exchange, failure, policy);
  if (waitMs === undefined || !allows(exchange, policy)) return false;
  exchange.retryUsed(policy.perTryTimeout ?? 0, waitMs);
  return true;
}

/** Envoy's retry budget: retries in flight at most a share of the requests in flight, but always a few. */
export function withinBudget(policy: Pick<Retry, 'budget'>, load: ServiceLoad): boolean {
  const allowed = Math.max(policy.budget.minConcurrent, Math.floor((load.inFlight * policy.budget.percent) / PPM));
  return load.retriesInFlight < allowed;
}

function withinBreaker(exchange: Exchange, load: ServiceLoad): boolean {
  if (load.maxRetries === undefined || load.retriesInFlight < load.maxRetries.allowed) return true;
  const pool = exchange.version?.pool;
  if (pool) pool.overflows.retries++;
  return false;
}

/** @returns undefined where the endpoint wants to be left alone for longer than the policy waits */
function waitBefore(exchange: Exchange, failure: AttemptFailure, policy: Retry): number | undefined {
  const { retryAfter, runtime } = exchange;
  const { maxRetryAfter } = policy;
  const isAsked = failure === 'status' && /^\d{1,9}$/.test(retryAfter ?? '');
  if (!isAsked || maxRetryAfter === undefined) return backoffMs(exchange, policy);
  const askedMs = Number(retryAfter) * 1_000;
  if (askedMs > maxRetryAfter) return undefined;
  // Envoy's rate_limited_retry_back_off: so that not all come back at once.
  return askedMs * (1 + runtime.random.ppm() / PPM / 2);
}

/** Full jitter: uniform in [0, base · 2^(n-1)), at most ten times the base (Envoy's JitteredExponentialBackOff). */
function backoffMs(exchange: Exchange, policy: Retry): number {
  const ceiling = Math.min(policy.backoff * 2 ** exchange.retries, policy.backoff * 10);
  return (exchange.runtime.random.ppm() / PPM) * ceiling;
}

const GRPC_STATUS: Readonly<Partial<Record<RetryCondition, number>>> = {
  cancelled: GRPC.CANCELLED,
  'deadline-exceeded': GRPC.DEADLINE_EXCEEDED,
  'resource-exhausted': GRPC.RESOURCE_EXHAUSTED,
  internal: GRPC.INTERNAL,
  unavailable: GRPC.UNAVAILABLE,
};

/** What a circuit breaker refused is never retried: that would only add to the load. */
function applies(condition: RetryCondition, failure: AttemptFailure, status: number): boolean {
  if (failure === 'overflow') return false;
  switch (condition) {
    case '5xx':
      return failure !== 'status' || status >= 500;
    case 'gateway-error':
      return failure === 'status' && status >= 502 && status <= 504;
    case 'reset':
      return failure === 'reset' || failure === 'malformed';
    case 'connect-failure':
      return failure === 'connect';
    case 'timeout':
      return failure === 'timeout';
    default:
      return false;
  }
}
