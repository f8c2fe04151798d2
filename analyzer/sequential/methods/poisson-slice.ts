/** One stretch of time of a Poisson process that is stopped when its count reaches a limit. */

export type SliceResult = {
  /** P(offset + i events, limit not reached) at the end. */
  readonly alive: number[];
  readonly offset: number;
  /** P(the limit was reached in this stretch). */
  readonly reached: number;
  /** Mean number of (mean) events' worth of time spent alive in this stretch. */
  readonly lifetime: number;
};

/** Less probability than this is dropped from the low end; the sum over all stretches stays far below 1e-12. */
const NEGLIGIBLE = 1e-18;

/**
 * @param alive - P(offset + i events) at the start
 * @param limit - the count that stops it
 * @param mean - of the events in the stretch
 */
export function poissonSlice(alive: readonly number[], offset: number, limit: number, mean: number): SliceResult {
  const pmf = poissonProbabilities(mean, limit - offset);
  const tails = upperTails(pmf, mean);
  const next = new Array<number>(limit - offset).fill(0);
  let reached = 0;
  let lifetime = 0;
  let survival = 0;
  // survivals[k]: sum of P(N > m) for m < k, the mean time (in events) until k events or the end.
  const survivals = [0, ...tails.slice(1).map((t) => (survival += t))];
  alive.forEach((p, i) => {
    const missing = limit - offset - i;
    reached += p * (tails[missing] ?? 0);
    lifetime += p * (survivals[missing] ?? 0);
    for (let k = 0; k < missing; k++) {
      const q = pmf[k] ?? 0;
      if (q < 1e-22 && k > mean) break;
      next[i + k] = (next[i + k] ?? 0) + p * q;
    }
  });
  let drop = 0;
  while (drop < next.length - 1 && (next[drop] ?? 0) < NEGLIGIBLE) drop++;
  return { alive: next.slice(drop), offset: offset + drop, reached, lifetime };
}

/** P(N = 0 … count), N ~ Poisson(mean). */
function poissonProbabilities(mean: number, count: number): number[] {
  const out = [Math.exp(-mean)];
  for (let k = 1; k <= count; k++) out.push(((out[k - 1] ?? 0) * mean) / k);
  return out;
}

/** P(N >= 0 … count), summed from the far end so that small tails keep their digits. */
function upperTails(pmf: readonly number[], mean: number): number[] {
  let sum = 0;
  let term = pmf[pmf.length - 1] ?? 0;
  for (let k = pmf.length; term > 0 && (term > sum * 1e-17 || k < mean); k++) {
    term *= mean / k;
    sum += term;
  }
  const tails = new Array<number>(pmf.length).fill(0);
  for (let k = pmf.length - 1; k >= 0; k--) {
    sum += pmf[k] ?? 0;
    tails[k] = sum;
  }
  return tails;
}
