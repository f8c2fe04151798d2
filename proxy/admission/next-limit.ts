/** How a limit of requests in flight follows the latency: two rules, both pure. */

/** Envoy's floor (min_concurrency): so many always pass, so that there is something to measure. */
export const MIN_LIMIT = 3;
/** Envoy allows for so much more than the latency without a queue before it lowers the limit (min_rtt buffer). */
const BUFFER = 1.25;
/** One window changes the limit at most by these factors (Envoy's gradient). */
const GRADIENT = { min: 0.5, max: 2 } as const;
const BACKOFF = 0.9;

/** What was seen in a window of time. Latencies in milliseconds. */
export type Seen = { readonly latencyMs: number; readonly peakInFlight: number };

/**
 * The gradient rule of Envoy's adaptive concurrency filter: limit × (minRTT + buffer) / sampleRTT + √limit.
 * @param unqueuedMs - the latency without a queue @param maxLimit - at least MIN_LIMIT, else it is the limit
 */
export function byGradient(limit: number, unqueuedMs: number, seen: Seen, maxLimit: number): number {
  const ratio = seen.latencyMs > 0 ? (unqueuedMs * BUFFER) / seen.latencyMs : GRADIENT.max;
  const gradient = Math.min(GRADIENT.max, Math.max(GRADIENT.min, ratio));
  return bounded(limit, gradient * limit + Math.sqrt(limit), seen, maxLimit);
}

/**
 * Additive increase, multiplicative decrease (Chiu and Jain 1989; AIMDLimit of Netflix's concurrency-limits): below the
 * target one more per window, above it a tenth less.
 */
export function byTarget(limit: number, targetMs: number, seen: Seen, maxLimit: number): number {
  return bounded(limit, seen.latencyMs > targetMs ? limit * BACKOFF : limit + 1, seen, maxLimit);
}

/** A limit that is not half used is not raised (Netflix): what was never tried says nothing about more. */
function bounded(limit: number, next: number, { peakInFlight }: Seen, maxLimit: number): number {
  const wanted = peakInFlight * 2 < limit ? Math.min(limit, next) : next;
  return Math.min(maxLimit, Math.max(MIN_LIMIT, wanted));
}
