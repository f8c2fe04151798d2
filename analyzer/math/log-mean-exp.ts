/** Averages of e-values that are kept as logarithms, so that nothing overflows however strong the evidence. */

/** E-values are shown up to this; beyond it no reader learns more, and JSON has no Infinity. */
export const E_VALUE_CAP = 1e300;
const LN_CAP = Math.log(E_VALUE_CAP);

/** ln of the mean of exp(logs). -Infinity for an empty list. */
export function logMeanExp(logs: readonly number[]): number {
  let max = -Infinity;
  for (const log of logs) if (log > max) max = log;
  if (max === -Infinity) return -Infinity;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - max);
  return max + Math.log(sum / logs.length);
}

/** exp(log), at most E_VALUE_CAP. */
export function eValue(log: number): number {
  return log >= LN_CAP ? E_VALUE_CAP : Math.exp(log);
}
