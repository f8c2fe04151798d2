/** Seeded randomness for simulations and tests: the same seed gives the same numbers on every machine. */

/** Uniform numbers in [0, 1). */
export type Random = () => number;

/** Weyl sequence with a 32-bit finaliser (the constants of MurmurHash3, public domain). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let x = state;
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
    return ((x ^ (x >>> 16)) >>> 0) / 4294967296;
  };
}

/** Standard normal (Box and Muller 1958). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** How many of n trials succeed at probability p: by gaps between successes, so that rare ones cost little. */
export function binomial(random: Random, n: number, p: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return n;
  if (p > 0.5) return n - binomial(random, n, 1 - p);
  const scale = Math.log1p(-p);
  let successes = 0;
  for (let i = Math.floor(Math.log(1 - random()) / scale); i < n; successes++) {
    i += 1 + Math.floor(Math.log(1 - random()) / scale);
  }
  return successes;
}
