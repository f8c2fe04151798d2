/** How many candidate requests the success-rate metric takes to a verdict, before anything has run. */
import { attributionGrowth, marginGrowth, missingRequests } from '../sequential/growth.ts';
import { clampRate } from '../sequential/two-arm.ts';

/**
 * What it costs, in nats, not to know the effect beforehand: the bets are spread over a set of effects. Fitted to the
 * simulations of loadtests/simulations/detection.ts, where it is 0.8 to 1.4.
 */
const UNKNOWN_EFFECT = 1;
/** "safe" learns both rates while it goes. */
const UNKNOWN_RATES = 1.5;

export type Setting = {
  /** Of this metric alone: the experiment's, divided by the number of metrics. */
  readonly alpha: number;
  /** The candidate's share, above 0 and below 1e6. */
  readonly candidatePpm: number;
};

/** The median to FAIL. Rates are shares 0…1. @returns null when it is not worse, or needs more than 1e12 */
export function errorsToFail({ alpha, candidatePpm }: Setting, baseline: number, candidate: number): number | null {
  const growth = attributionGrowth(clampRate(baseline), clampRate(candidate), candidatePpm);
  return missingRequests(-UNKNOWN_EFFECT, 1 / alpha, growth, candidatePpm);
}

/** The median to PASS of a candidate with the baseline's rate. @param margin - a difference of rates */
export function errorsToPass({ alpha, candidatePpm }: Setting, baseline: number, margin: number): number | null {
  return missingRequests(
    -UNKNOWN_RATES,
    1 / alpha,
    marginGrowth(clampRate(baseline), clampRate(baseline), margin, candidatePpm),
    candidatePpm,
  );
}
