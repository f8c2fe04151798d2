/** How long to wait before a process that died is started again. */

const FIRST_MS = 200;
const LONGEST_MS = 10_000;
/** A process that lived this long has shown that it can run; its earlier deaths are forgotten. */
export const HEALTHY_MS = 10_000;

/** @param deaths - in a row, >= 1 @returns milliseconds, doubling from 200 ms to at most 10 s */
export function backoffMs(deaths: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(30, Math.max(0, deaths - 1)));
}
