/**
 * E-process for common events (half of all requests are slower than the median): both arms' rates, not only the
 * split of the events. Null: the suspect arm's rate is at most the reference arm's, at every moment.
 * More powerful than attribution.ts where events are common, because requests without the event count too.
 */
import { logMeanExp } from '../math/log-mean-exp.ts';

/** Requests and, of these, requests with the event. */
export type Seen = { requests: number; events: number };

/** Plain data; the bet holds until `renewAt` requests were seen or the share changes. */
export type TwoArm = {
  readonly kind: 'two-arm';
  /** ln of the e-value against each of ODDS_RATIOS. */
  readonly logs: number[];
  readonly reference: Seen;
  readonly suspect: Seen;
  bet: Bet | null;
  renewAt: number;
};

type Bet = {
  readonly ppm: number;
  readonly steps: readonly Steps[];
  /** The most that one request of the arm can add to ln e. */
  readonly referenceMost: number;
  readonly suspectMost: number;
};
/** What a request adds to ln e, by arm and by whether the event happened. */
export type Steps = {
  readonly referenceYes: number;
  readonly referenceNo: number;
  readonly suspectYes: number;
  readonly suspectNo: number;
};

/** How many times as high the suspect's odds might be; a uniform prior. */
export const ODDS_RATIOS: readonly number[] = [1.2, 1.5, 2, 3, 5, 10, 40];

const PPM = 1_000_000;
const MIN_RATE = 1e-6;
/** A bet is renewed when the number of requests has grown by this factor. */
const RENEWAL_GROWTH = 1.25;
const FIRST_RENEWAL = 32;

/** @param prior - the reference arm as measured before; its weight is capped, so that a stale one is soon outvoted */
export function startTwoArm(prior: Seen): TwoArm {
  const scale = Math.min(1, 200 / Math.max(prior.requests, 1));
  return {
    kind: 'two-arm',
    logs: ODDS_RATIOS.map(() => 0),
    reference: { requests: 1 + prior.requests * scale, events: 0.5 + prior.events * scale },
    suspect: { requests: 0, events: 0 },
    bet: null,
    renewAt: FIRST_RENEWAL,
  };
}

/**
 * Takes counts in, all of one share. Changes `process`.
 *
 * A request goes to the suspect with probability rho. Bet: rates (s, t) with s the reference's rate as estimated
 * before, t > s; against u = (1-rho)s + rho*t, the point of the null nearest to (s, t) in Kullback-Leibler
 * distance. A request of rate p multiplies e in the mean by 1 + (p-u)(s-u)/(u(1-u)) on the reference and
 * 1 + (p-u)(t-u)/(u(1-u)) on the suspect; as (1-rho)(s-u) = -rho(t-u), the mean over both arms is
 * 1 + rho(t-u)(p_suspect - p_reference)/(u(1-u)) <= 1 under the null. (Turner, Ly & Grunwald 2024; the bet is
 * fixed before the requests that it judges.)
 */
export function addCounts(process: TwoArm, suspectPpm: number, reference: Seen, suspect: Seen): void {
  if (process.bet?.ppm !== suspectPpm) process.bet = makeBet(process, suspectPpm);
  const { steps } = process.bet;
  for (let j = 0; j < steps.length; j++) {
    const step = steps[j];
    if (step) process.logs[j] = (process.logs[j] ?? 0) + gain(step, reference, suspect);
  }
  accumulate(process.reference, reference);
  accumulate(process.suspect, suspect);
  const seen = process.reference.requests + process.suspect.requests;
  if (seen < process.renewAt) return;
  process.renewAt = seen * RENEWAL_GROWTH;
  process.bet = makeBet(process, suspectPpm);
}

/** What counts of one share add to ln e under fixed steps. */
export function gain(step: Steps, reference: Seen, suspect: Seen): number {
  return (
    reference.events * step.referenceYes +
    (reference.requests - reference.events) * step.referenceNo +
    suspect.events * step.suspectYes +
    (suspect.requests - suspect.events) * step.suspectNo
  );
}

export function accumulate(into: Seen, more: Seen): void {
  into.requests += more.requests;
  into.events += more.events;
}

/** ln of the e-value: the mean over the odds ratios. */
export function twoArmLogE(process: TwoArm): number {
  return logMeanExp(process.logs);
}

/** The steps of a bet on the rates (s, t) against the null's rates (s0, t0). */
export function stepsOf(s: number, t: number, s0: number, t0: number): Steps {
  return {
    referenceYes: Math.log(s / s0),
    referenceNo: Math.log((1 - s) / (1 - s0)),
    suspectYes: Math.log(t / t0),
    suspectNo: Math.log((1 - t) / (1 - t0)),
  };
}

/** @returns value, kept off 0 and 1, where logarithms end */
export function clampRate(value: number): number {
  return Math.min(Math.max(value, MIN_RATE), 1 - MIN_RATE);
}

function makeBet({ reference }: TwoArm, ppm: number): Bet {
  const rho = ppm / PPM;
  const s = clampRate(reference.events / reference.requests);
  const steps = ODDS_RATIOS.map((odds) => {
    const t = clampRate((odds * s) / (1 - s + odds * s));
    const u = (1 - rho) * s + rho * t;
    return stepsOf(s, t, u, u);
  });
  return {
    ppm,
    steps,
    referenceMost: Math.max(...steps.map((step) => Math.max(step.referenceYes, step.referenceNo))),
    suspectMost: Math.max(...steps.map((step) => Math.max(step.suspectYes, step.suspectNo))),
  };
}
