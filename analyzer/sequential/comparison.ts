/** One "is the suspect arm's rate higher?" question, by the process that suits how common the event is. */
import { addEvents, attributionLogE, startAttribution } from './attribution.ts';
import type { Attribution } from './attribution.ts';
import { addCounts, startTwoArm, twoArmLogE } from './two-arm.ts';
import type { Seen, TwoArm } from './two-arm.ts';

export type Comparison = Attribution | TwoArm;

/** Below this rate the requests without the event say next to nothing, and attribution needs no estimate of the rate. */
const COMMON_RATE = 0.04;

/** @param prior - the reference arm as measured before the run */
export function startComparison(prior: Seen): Comparison {
  return prior.events > COMMON_RATE * prior.requests ? startTwoArm(prior) : startAttribution();
}

/** Takes counts of one share in. Changes `process`. */
export function compare(process: Comparison, suspectPpm: number, reference: Seen, suspect: Seen): void {
  if (process.kind === 'attribution') addEvents(process, suspectPpm, reference.events, suspect.events);
  else addCounts(process, suspectPpm, reference, suspect);
}

/** ln of the e-value. */
export function comparisonLogE(process: Comparison): number {
  return process.kind === 'attribution' ? attributionLogE(process) : twoArmLogE(process);
}

/** A copy that shares nothing that changes. */
export function copyComparison(process: Comparison): Comparison {
  if (process.kind === 'attribution') return { kind: 'attribution', logs: [...process.logs] };
  return {
    ...process,
    logs: [...process.logs],
    reference: { ...process.reference },
    suspect: { ...process.suspect },
  };
}
