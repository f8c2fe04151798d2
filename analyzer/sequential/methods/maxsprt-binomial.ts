/**
 * Binomial MaxSPRT (Kulldorff et al. 2011): which arm do events fall on, up to a known number of events? Exact.
 * An event falls on the candidate with probability 1/(1+z) under the null.
 */

export type BinomialCriticalValue = {
  /** Signal when the log-likelihood ratio reaches it. */
  readonly criticalLlr: number;
  readonly typeIError: number;
};

/** c of n events on the candidate: ln of the likelihood ratio of the best share above the null's, and 0 below it. */
export function binomialLlr(c: number, n: number, share: number): number {
  if (c <= n * share) return 0;
  const rest = n - c;
  return c * Math.log(c / (n * share)) + (rest === 0 ? 0 : rest * Math.log(rest / (n * (1 - share))));
}

/**
 * The smallest value that the ratio can take whose error over the whole run is at most alpha.
 * @param maxEvents - of both arms together
 * @param z - baseline requests per candidate request
 */
export function binomialCriticalValue(maxEvents: number, z: number, alpha: number): BinomialCriticalValue {
  const share = 1 / (1 + z);
  const values = attainable(maxEvents, share);
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (typeIError(maxEvents, share, values[middle] ?? Infinity) <= alpha) high = middle;
    else low = middle + 1;
  }
  const criticalLlr = values[low] ?? Infinity;
  return { criticalLlr, typeIError: typeIError(maxEvents, share, criticalLlr) };
}

function attainable(maxEvents: number, share: number): number[] {
  const values: number[] = [];
  for (let n = 1; n <= maxEvents; n++) for (let c = 1; c <= n; c++) values.push(binomialLlr(c, n, share));
  return values.filter((v) => v > 0).sort((a, b) => a - b);
}

/** P(signal within maxEvents): the vector of P(c candidate events, no signal) is carried from event to event. */
function typeIError(maxEvents: number, share: number, critical: number): number {
  // Ratios that are equal on paper may differ in their last digit.
  const reach = critical * (1 - 1e-12);
  let alive = [1];
  let signalled = 0;
  for (let n = 1; n <= maxEvents; n++) {
    const next = new Array<number>(n + 1).fill(0);
    alive.forEach((p, c) => {
      next[c] = (next[c] ?? 0) + p * (1 - share);
      next[c + 1] = (next[c + 1] ?? 0) + p * share;
    });
    alive = next.map((p, c) => {
      if (binomialLlr(c, n, share) < reach) return p;
      signalled += p;
      return 0;
    });
  }
  return signalled;
}
