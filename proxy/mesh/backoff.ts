/** How long to wait before the next attempt to reach the control plane. */

const FIRST_MS = 250;
const LONGEST_MS = 5_000;

/**
 * Doubles from 250 ms to 5 s; of that, between a half and the whole, so that proxies that lost the same control plane
 * do not come back in step.
 * @param failures - attempts that failed in a row, >= 1
 * @param share - uniform in 0 … 1
 */
export function backoffMs(failures: number, share: number): number {
  const longest = Math.min(FIRST_MS * 2 ** Math.min(failures - 1, 10), LONGEST_MS);
  return longest * (0.5 + share / 2);
}
