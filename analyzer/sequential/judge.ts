/**
 * The sequential judge: counts in, verdict and evidence out, valid however often one looks.
 * Two e-processes per metric: "regressed" (null: the candidate is no worse) and "safe" (null: worse by more than
 * the margin). Either may stop at any moment with error probability at most alpha (Ville's inequality).
 */
import type { Metric } from '../../contracts/canary.ts';
import type { Judgement } from '../../contracts/verdict.ts';
import type { Batch, Calibration } from './counts.ts';

export type { ArmCounts, Batch, Calibration } from './counts.ts';

export type JudgeConfig = {
  /** The chance of failing a healthy candidate, over the whole experiment and all metrics. */
  readonly alpha: number;
  readonly metrics: readonly Metric[];
};

/** Plain data: survives JSON. Only this folder looks inside. */
export type JudgeState = {
  readonly config: JudgeConfig;
};

/** @param calibration - the baseline as measured before the first step; empty when it was not measured */
export function startJudge(config: JudgeConfig, calibration: Calibration): JudgeState {
  void calibration;
  return { config };
}

/** Takes one report in. The caller must use only the returned state from then on. */
export function observe(state: JudgeState, batch: Batch): JudgeState {
  void batch;
  return state;
}

/** The verdict so far: FAIL and each metric's PASS are latched, so a later look never takes them back. */
export function judge(state: JudgeState): Judgement {
  void state;
  return { verdict: 'PENDING', reason: 'no requests yet', metrics: [] };
}
