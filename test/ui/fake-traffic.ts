/** Randomness with a seed, and counts and latencies that look like traffic. */

/** Uniform in [0, 1). */
export type Random = () => number;

/** Mulberry32: 32 bits of state, good enough to look at. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Box and Muller's standard normal. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** A Poisson count; by its normal limit where the mean is large. */
export function poisson(mean: number, random: Random): number {
  if (mean <= 0) return 0;
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  let product = random();
  let n = 0;
  for (const floor = Math.exp(-mean); product > floor; n++) product *= random();
  return n;
}

type Latencies = { p50Ms: number | null; p95Ms: number | null; p99Ms: number | null };

/** The quantiles of a second with so many requests: fewer requests, more noise. */
export function latencies(requests: number, baseMs: number, random: Random): Latencies {
  if (requests === 0) return { p50Ms: null, p95Ms: null, p99Ms: null };
  const noise = (scale: number): number => Math.exp((scale / Math.sqrt(requests)) * normal(random));
  const p50Ms = baseMs * noise(0.5);
  const p95Ms = p50Ms * 2.3 * Math.max(0.5, noise(0.9));
  return { p50Ms, p95Ms, p99Ms: p95Ms * (1.15 + 0.4 * Math.min(1, Math.abs(noise(1.4) - 1) + 0.6)) };
}
