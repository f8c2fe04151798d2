/** An open loop: requests are due at a constant rate, whether or not earlier ones have been answered. */

/**
 * The requests that are due and were not yet sent.
 * @param rate - requests a second @param elapsedMs - since the start @param sent - already sent
 * @param burst - at most so many at once; after a stall the rest is due at the next call
 */
export function due(rate: number, elapsedMs: number, sent: number, burst: number): number {
  return Math.max(0, Math.min(burst, Math.floor((rate * elapsedMs) / 1_000) - sent));
}

/** When a request was due, in milliseconds since the start. Latency counts from here, so that a stall is not hidden. */
export function dueAtMs(rate: number, index: number): number {
  return (index * 1_000) / rate;
}
