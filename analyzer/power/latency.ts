/**
 * How many candidate requests the latency metric takes to a verdict. The shape of the latencies is not known beforehand:
 * log-normal with the given sigma is assumed (0.5 is usual for one service; a longer tail takes more requests).
 */
import { normalQuantile, normalTail } from '../math/normal.ts';
import { attributionGrowth, missingRequests, twoArmGrowth } from '../sequential/growth.ts';
import type { Setting } from './errors.ts';

/** Nats for not knowing the edge and the effect; fitted to the simulations of latency.test.ts. */
const UNKNOWN_EFFECT = 2.5;
const UNKNOWN_RATES = 1;
/** Where "regressed" looks (latency-edges.ts); twice p99 besides, which hanging requests are found by. */
const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99];
/** "regressed" begins at half of the tolerance (the dead zone of latency-edges.ts). */
const DEAD_ZONE = 0.5;
/** Above this rate of events both arms' rates are compared, below it where the events fall (comparison.ts). */
const COMMON_RATE = 0.04;

export type LatencySetting = Setting & {
  readonly quantile: number;
  /** A fraction: 0.1 is 10 %. */
  readonly tolerance: number;
  /** Of the logarithm of the latencies. */
  readonly sigma: number;
};

/** The median to FAIL of a candidate that is slower by a factor (1.25: by 25 %) at every quantile. */
export function latencyToFail(setting: LatencySetting, factor: number): number | null {
  const { alpha, candidatePpm, quantile, tolerance, sigma } = setting;
  const shift = (Math.log(factor) - Math.log(1 + DEAD_ZONE * tolerance)) / sigma;
  const growths = [...QUANTILES, quantile].map((q) =>
    growthOf(1 - q, normalTail(normalQuantile(q) - shift), candidatePpm),
  );
  return missingRequests(-UNKNOWN_EFFECT, 1 / alpha, Math.max(...growths), candidatePpm);
}

/** The median to PASS of a candidate that is as fast as the baseline. */
export function latencyToPass({ alpha, candidatePpm, quantile, tolerance, sigma }: LatencySetting): number | null {
  const candidateSlow = normalTail(normalQuantile(quantile) + Math.log(1 + tolerance) / sigma);
  const growth = growthOf(candidateSlow, 1 - quantile, 1e6 - candidatePpm);
  return missingRequests(-UNKNOWN_RATES, 1 / alpha, growth, candidatePpm);
}

/** Of ln e per request of either arm. */
function growthOf(reference: number, suspect: number, suspectPpm: number): number {
  const growth = reference > COMMON_RATE ? twoArmGrowth : attributionGrowth;
  return growth(reference, suspect, suspectPpm);
}
