/** The success-rate metric: errors of both arms, judged by where they fall and by how many there are. */
import { addEvents, attributionLogE, startAttribution } from './attribution.ts';
import type { Attribution } from './attribution.ts';
import type { Batch } from './counts.ts';
import { isCompared } from './counts.ts';
import { raise, startLevel } from './evidence-level.ts';
import type { Level } from './evidence-level.ts';
import { addToMargin, startMargin } from './margin.ts';
import type { Margin } from './margin.ts';
import { accumulate } from './two-arm.ts';
import type { Seen } from './two-arm.ts';

/** Plain data. */
export type SuccessRate = {
  readonly name: 'success-rate';
  /** Everything that was counted, also while only one arm had traffic. */
  readonly shown: { readonly baseline: Seen; readonly candidate: Seen };
  /** Null: the candidate's error rate is at most the baseline's. */
  readonly regressed: Attribution;
  /** Null: it is higher by the margin or more. Its tallies are the requests that were compared. */
  readonly safe: Margin;
  readonly levels: { readonly regressed: Level; readonly safe: Level };
  /** The share of the last requests that were compared; 0 before any. */
  lastPpm: number;
};

/** @param margin - a difference of error rates, 0…1 */
export function startSuccessRate(margin: number): SuccessRate {
  return {
    name: 'success-rate',
    shown: { baseline: { requests: 0, events: 0 }, candidate: { requests: 0, events: 0 } },
    regressed: startAttribution(),
    safe: startMargin(margin),
    levels: { regressed: startLevel(), safe: startLevel() },
    lastPpm: 0,
  };
}

/** Takes a batch in. Changes `state`. @param leftOut - errors of the candidate that are no new evidence: see clusters/ */
export function addErrors(state: SuccessRate, batch: Batch, leftOut = 0): void {
  const baseline = { requests: batch.baseline.requests, events: batch.baseline.errors };
  const candidate = { requests: batch.candidate.requests, events: batch.candidate.errors };
  accumulate(state.shown.baseline, baseline);
  accumulate(state.shown.candidate, candidate);
  if (!isCompared(batch)) return;
  addEvents(state.regressed, batch.candidatePpm, baseline.events, candidate.events - leftOut);
  addToMargin(state.safe, batch.candidatePpm, baseline, candidate);
  raise(state.levels.regressed, attributionLogE(state.regressed));
  raise(state.levels.safe, state.safe.logE);
  state.lastPpm = batch.candidatePpm;
}

/** A copy that shares nothing that changes. */
export function copySuccessRate(state: SuccessRate): SuccessRate {
  return {
    ...state,
    shown: { baseline: { ...state.shown.baseline }, candidate: { ...state.shown.candidate } },
    regressed: { kind: 'attribution', logs: [...state.regressed.logs] },
    safe: { ...state.safe, baseline: { ...state.safe.baseline }, candidate: { ...state.safe.candidate } },
    levels: { regressed: { ...state.levels.regressed }, safe: { ...state.levels.safe } },
  };
}
