/** How long a receiver that failed is left alone. Pure. */

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** A receiver may ask for more than that, but not for ever. */
const LONGEST_ASKED_MS = 15 * 60_000;

/**
 * Doubles with each attempt, up to a minute, with jitter of a half either way: receivers that come back are not overrun.
 * @param earlier - attempts before the one that failed @param retryAfterMs - what the receiver asked for @param random - 0 … 1
 */
export function pauseAfter(earlier: number, retryAfterMs: number | null, random: number): number {
  const doubled = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(earlier, 10)) * (0.5 + random);
  return Math.max(doubled, Math.min(retryAfterMs ?? 0, LONGEST_ASKED_MS));
}
