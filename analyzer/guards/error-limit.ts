/**
 * The guard on errors: does the candidate fail more of its requests than any release may, whatever the baseline does?
 * Poisson MaxSPRT (Kulldorff et al. 2011) up to a horizon that is known from the plan of the release, and from there on a
 * mixture of likelihood ratios, which has no horizon. Each raises a false alarm in at most one run of a thousand.
 */
import { z } from 'zod';
import { evidenceAbove } from '../sequential/limit.ts';
import { poissonLlr } from '../sequential/methods/maxsprt-poisson.ts';

/** Fewer failures than this decide nothing, however few requests there were. */
export const MIN_ERRORS = 3;
const EVIDENCE = 1_000;
const MOST = 1e300;

/** Horizon in errors that the limit allows, and its critical value: alpha 0.001, at least MIN_ERRORS (maxsprt-poisson.ts). */
export const CRITICAL_VALUES: readonly (readonly [horizon: number, criticalValue: number])[] = [
  [1, 6.47598],
  [3, 6.96381],
  [10, 7.38813],
  [30, 7.70916],
  [100, 8.00311],
  [300, 8.23197],
  [1_000, 8.44631],
];

/** Plain data. `allowed`: errors that the limit allowed so far; `peak`: the highest log-likelihood ratio within the horizon. */
export const ErrorLimit = z.object({
  requests: z.number(),
  errors: z.number(),
  allowed: z.number(),
  horizon: z.number(),
  peak: z.number(),
});
export type ErrorLimit = z.output<typeof ErrorLimit>;

/** @param planned - errors that the limit allows over the whole release; null where its traffic is not known */
export function startErrorLimit(planned: number | null): ErrorLimit {
  const [last] = CRITICAL_VALUES.at(-1) ?? [0];
  const [horizon] = CRITICAL_VALUES.find(([errors]) => planned !== null && errors >= planned) ?? [last];
  return { requests: 0, errors: 0, allowed: 0, horizon, peak: 0 };
}

/**
 * Takes the candidate's requests in.
 * @param share - of them that may fail, 0 … 1: the limit, or more. As errors allowed only rise with it, more than the limit keeps
 *   the chance of a false alarm where it was.
 */
export function countErrors(limit: ErrorLimit, requests: number, errors: number, share: number): ErrorLimit {
  const next = {
    ...limit,
    requests: limit.requests + requests,
    errors: limit.errors + errors,
    allowed: limit.allowed + requests * share,
  };
  if (next.allowed > next.horizon || next.errors < MIN_ERRORS) return next;
  return { ...next, peak: Math.max(limit.peak, Math.min(MOST, poissonLlr(next.errors, next.allowed))) };
}

export function criticalValueOf({ horizon }: ErrorLimit): number {
  return CRITICAL_VALUES.find(([errors]) => errors === horizon)?.[1] ?? Infinity;
}

/** Whether the limit is surely crossed. */
export function isOverLimit(limit: ErrorLimit): boolean {
  const { requests, errors, allowed, horizon, peak } = limit;
  if (peak >= criticalValueOf(limit)) return true;
  return allowed > horizon && evidenceAbove(errors, requests, Math.min(1, allowed / requests)) >= EVIDENCE;
}
