/**
 * E-process for "safe": is the candidate's error rate less than `margin` above the baseline's?
 * Null: candidate's rate >= baseline's + margin, at every moment; the common rate may drift.
 */
import { accumulate, clampRate, gain, stepsOf } from './two-arm.ts';
import type { Seen, Steps } from './two-arm.ts';

/** Plain data; the bet holds until `renewAt` requests were seen or the share changes. */
export type Margin = {
  readonly kind: 'margin';
  /** A difference of rates, 0…1. */
  readonly margin: number;
  logE: number;
  readonly baseline: Seen;
  readonly candidate: Seen;
  bet: { readonly ppm: number; readonly step: Steps } | null;
  renewAt: number;
};

const PPM = 1_000_000;
const RENEWAL_GROWTH = 1.1;
const FIRST_RENEWAL = 16;
/** Until an arm has shown about this many errors, its estimate leans on both arms together. */
const PSEUDO_ERRORS = 5;
/** A margin near 1 leaves no room for the null; a smaller margin only makes the null larger, so the test stays valid. */
const MAX_MARGIN = 0.99;

export function startMargin(margin: number): Margin {
  return {
    kind: 'margin',
    margin: Math.min(margin, MAX_MARGIN),
    logE: 0,
    baseline: { requests: 0, events: 0 },
    candidate: { requests: 0, events: 0 },
    bet: null,
    renewAt: FIRST_RENEWAL,
  };
}

/**
 * Takes counts in, all of one share. Changes `process`.
 *
 * Bet: rates (s, t), estimated from what was seen before; against the point (s0, t0) of the null that is nearest in
 * sum_i rho_i KL(bet_i || null_i). The null is convex, so at that point sum_i rho_i d_i (p_i - null_i) <= 0 for every
 * p in the null, with d_i = (bet_i - null_i)/(null_i(1-null_i)); and the mean factor of a request is
 * sum_i rho_i (1 + (p_i - null_i) d_i) <= 1. (Grunwald, de Heide & Koolen 2024: reverse information projection;
 * Turner & Grunwald 2023 for two Bernoulli streams.)
 */
export function addToMargin(process: Margin, candidatePpm: number, baseline: Seen, candidate: Seen): void {
  if (process.bet?.ppm !== candidatePpm) process.bet = makeBet(process, candidatePpm);
  process.logE += gain(process.bet.step, baseline, candidate);
  accumulate(process.baseline, baseline);
  accumulate(process.candidate, candidate);
  const seen = process.baseline.requests + process.candidate.requests;
  if (seen < process.renewAt) return;
  process.renewAt = seen * RENEWAL_GROWTH;
  process.bet = makeBet(process, candidatePpm);
}

/** The steps of the best bet on (s, t). No bet (all steps 0) when (s, t) itself lies in the null. */
export function marginSteps(s: number, t: number, margin: number, candidatePpm: number): Steps {
  if (t >= s + margin) return stepsOf(s, t, s, t);
  const rho = candidatePpm / PPM;
  const s0 = nearestOfNull(s, t, margin, rho);
  return fair(stepsOf(s, t, s0, s0 + margin), margin, rho);
}

/**
 * Takes off what rounding may have added. The mean factor is linear in the true rates and the null is a triangle, so it
 * is largest at one of three corners; divided by that, it is at most 1 on the whole null, however exact s0 is.
 */
function fair(step: Steps, margin: number, rho: number): Steps {
  const mean = (b: number, c: number): number =>
    (1 - rho) * (b * Math.exp(step.referenceYes) + (1 - b) * Math.exp(step.referenceNo)) +
    rho * (c * Math.exp(step.suspectYes) + (1 - c) * Math.exp(step.suspectNo));
  const excess = Math.log(Math.max(1, mean(0, margin), mean(0, 1), mean(1 - margin, 1)));
  return {
    referenceYes: step.referenceYes - excess,
    referenceNo: step.referenceNo - excess,
    suspectYes: step.suspectYes - excess,
    suspectNo: step.suspectNo - excess,
  };
}

function makeBet(process: Margin, ppm: number): NonNullable<Margin['bet']> {
  const { baseline, candidate, margin } = process;
  const pooled = smooth(
    {
      events: baseline.events + candidate.events,
      requests: baseline.requests + candidate.requests,
    },
    margin,
  );
  const weight = PSEUDO_ERRORS / pooled;
  const s = clampRate((baseline.events + PSEUDO_ERRORS) / (baseline.requests + weight));
  const t = clampRate((candidate.events + PSEUDO_ERRORS) / (candidate.requests + weight));
  return { ppm, step: marginSteps(s, t, margin, ppm) };
}

/** Half an error in as many requests as make half the margin: at first the bet says "half the margin", then what was seen. */
function smooth({ events, requests }: Seen, margin: number): number {
  return clampRate((events + 0.5) / (requests + 1 / margin));
}

/** The baseline rate s0 that minimises (1-rho) KL(s || s0) + rho KL(t || s0 + margin): the derivative rises through 0 once. */
function nearestOfNull(s: number, t: number, margin: number, rho: number): number {
  let low = Math.max(0, t - margin);
  let high = Math.min(s, 1 - margin);
  for (let i = 0; i < 60; i++) {
    const s0 = (low + high) / 2;
    const t0 = s0 + margin;
    const slope = ((1 - rho) * (s0 - s)) / (s0 * (1 - s0)) + (rho * (t0 - t)) / (t0 * (1 - t0));
    if (slope > 0) high = s0;
    else low = s0;
  }
  return (low + high) / 2;
}
