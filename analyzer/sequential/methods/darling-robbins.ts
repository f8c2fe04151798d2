/** A bound on symmetric +-1 walks that grows like the iterated logarithm (Darling & Robbins 1967, PNAS 57:1188). */

/**
 * The distance from 0 that a walk of fair steps exceeds at some n >= minCount with probability at most exp(logEps).
 * With a = c = 2 in their Section 2: Q = 1/(log2(m) - 1/2) and
 * 3 sqrt(n (ln ln n / 2 - ln ln 2 / 2 + (ln Q - ln eps)/4)).
 * @returns Infinity before minCount
 */
export function darlingRobbinsBound(n: number, minCount: number, logEps: number): number {
  const from = Math.max(2, minCount);
  if (n < from) return Infinity;
  const logA = -Math.log(Math.log2(from) - 0.5) - logEps;
  return 3 * Math.sqrt(n * (0.5 * Math.log(Math.log(n)) - 0.5 * Math.log(Math.LN2) + 0.25 * logA));
}
