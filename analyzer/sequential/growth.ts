/** How fast an e-process grows at given rates, and so how many requests are missing to its threshold. */
import { marginSteps } from './margin.ts';
import { clampRate, gain } from './two-arm.ts';
import type { Seen } from './two-arm.ts';

const PPM = 1_000_000;

/** A rate that was seen, kept off 0 and 1 by half a request. */
export function seenRate({ requests, events }: Seen): number {
  return clampRate((events + 0.5) / (requests + 1));
}

/** Mean growth of ln e per candidate request, attribution of events. Rates are per request of the arm. */
export function attributionGrowth(reference: number, suspect: number, suspectPpm: number): number {
  const rho = suspectPpm / PPM;
  const events = (1 - rho) * reference + rho * suspect;
  const q = (rho * suspect) / events;
  return q > rho ? events * divergence(q, rho) : 0;
}

/** Mean growth of ln e per request of either arm, two-arm process. */
export function twoArmGrowth(reference: number, suspect: number, suspectPpm: number): number {
  const rho = suspectPpm / PPM;
  const u = (1 - rho) * reference + rho * suspect;
  return suspect > reference ? (1 - rho) * divergence(reference, u) + rho * divergence(suspect, u) : 0;
}

/** Mean growth of ln e per request of either arm, "safe" with a margin. */
export function marginGrowth(baseline: number, candidate: number, margin: number, candidatePpm: number): number {
  const rho = candidatePpm / PPM;
  const step = marginSteps(baseline, candidate, margin, candidatePpm);
  return gain(step, { requests: 1 - rho, events: (1 - rho) * baseline }, { requests: rho, events: rho * candidate });
}

/**
 * Candidate requests that are missing at the present rates.
 * @param growth - of ln e per request of either arm
 * @returns null when the process does not grow
 */
export function missingRequests(logE: number, threshold: number, growth: number, candidatePpm: number): number | null {
  const missing = ((Math.log(threshold) - logE) / growth) * (candidatePpm / PPM);
  return growth > 0 && missing < 1e12 ? Math.max(1, Math.ceil(missing)) : null;
}

/** Kullback-Leibler divergence between two coins. */
function divergence(p: number, q: number): number {
  const part = (a: number, b: number): number => (a === 0 ? 0 : a * Math.log(a / b));
  return part(p, q) + part(1 - p, 1 - q);
}
