/**
 * Two guards on how the arms keep up: throughput (does the candidate answer what it is given?) and saturation (do requests
 * pile up in it?). Both see requests that have not ended, of which no other figure tells.
 */
import { evidenceAbove } from '../sequential/limit.ts';

/** Requests that were given to an arm, and those that have ended, over the same time. */
export type Flow = { readonly started: number; readonly ended: number };
export type Flows = { readonly baseline: Flow; readonly candidate: Flow };

const EVIDENCE = 1_000;
/** Fewer requests than this say nothing about throughput, and fewer in flight are no queue. */
const MIN_REQUESTS = 20;

/**
 * @param flows - of the last seconds
 * @param least - part of the baseline's answered share that the candidate must answer, 0 … 1
 * @returns whether the candidate surely answers less. What both leave open (long polls, a step that has just begun) counts
 *   for neither.
 */
export function isBehind({ baseline, candidate }: Flows, least: number): boolean {
  if (baseline.started === 0 || candidate.started < MIN_REQUESTS) return false;
  const open = Math.max(0, candidate.started - candidate.ended);
  const answered = least * Math.min(1, baseline.ended / baseline.started);
  return evidenceAbove(open, candidate.started, 1 - answered) >= EVIDENCE;
}

/**
 * @param flows - since the weights changed last
 * @param share - of the candidate, 0 … 1
 * @returns how many times as many requests are in flight in the candidate, share for share; 0 where there are too few to tell
 */
export function loadRatio({ baseline, candidate }: Flows, share: number): number {
  const own = candidate.started - candidate.ended;
  if (share <= 0 || share >= 1 || baseline.started === 0 || own < MIN_REQUESTS) return 0;
  // A baseline with nothing in flight is taken to have one: else any queue would be infinitely longer.
  const other = Math.max(1, baseline.started - baseline.ended);
  return own / share / (other / (1 - share));
}
