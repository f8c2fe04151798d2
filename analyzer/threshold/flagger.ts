/** Flagger's rules: absolute thresholds, checked at each tick; how weights go up and when it rolls back (scheduler.go). */

export type FlaggerAnalysis = {
  /** Failed checks that end the canary. */
  readonly threshold: number;
  /** Default 100. */
  readonly maxWeight?: number;
  readonly stepWeight?: number;
  /** In place of stepWeight and maxWeight. */
  readonly stepWeights?: readonly number[];
};

export type FlaggerPhase = 'Progressing' | 'Promoting' | 'Finalising' | 'Succeeded' | 'Failed';
export type FlaggerState = {
  readonly phase: FlaggerPhase;
  readonly canaryWeight: number;
  readonly failedChecks: number;
};

export type ThresholdRange = { readonly min?: number; readonly max?: number };

export const FLAGGER_START: FlaggerState = { phase: 'Progressing', canaryWeight: 0, failedChecks: 0 };

/** @param value - undefined when the provider had no values, which fails the check */
export function flaggerCheck(value: number | undefined, range: ThresholdRange): boolean {
  if (value === undefined || Number.isNaN(value)) return false;
  return value >= (range.min ?? -Infinity) && value <= (range.max ?? Infinity);
}

/**
 * One tick. Failed checks add up over the whole canary and are never forgotten; the rollback comes one tick after the
 * check that reached the threshold; a failed check holds the weight.
 */
export function advanceFlagger(analysis: FlaggerAnalysis, state: FlaggerState, checkPassed: boolean): FlaggerState {
  switch (state.phase) {
    case 'Promoting':
      return { ...state, phase: 'Finalising', canaryWeight: 0 };
    case 'Finalising':
      return { ...state, phase: 'Succeeded' };
    case 'Succeeded':
    case 'Failed':
      return state;
    case 'Progressing':
      if (state.failedChecks >= analysis.threshold) return { ...state, phase: 'Failed', canaryWeight: 0 };
      // Nothing is routed to the canary before the first step, so there is nothing to check.
      if (state.canaryWeight > 0 && !checkPassed) return { ...state, failedChecks: state.failedChecks + 1 };
      if (state.canaryWeight >= lastWeight(analysis)) return { ...state, phase: 'Promoting' };
      return { ...state, canaryWeight: nextWeight(analysis, state.canaryWeight) };
  }
}

/** The canary's weights, tick by tick, when every check passes. maxWeight may be overshot by the last step. */
export function flaggerWeights(analysis: FlaggerAnalysis): number[] {
  const weights: number[] = [];
  let state = FLAGGER_START;
  while (state.phase === 'Progressing') {
    weights.push(state.canaryWeight);
    state = advanceFlagger(analysis, state, true);
  }
  return weights;
}

function lastWeight({ stepWeights, maxWeight = 100 }: FlaggerAnalysis): number {
  return Math.min(100, stepWeights?.at(-1) ?? maxWeight);
}

function nextWeight({ stepWeights, stepWeight = 100 }: FlaggerAnalysis, weight: number): number {
  const next = stepWeights?.find((w) => w > weight) ?? weight + stepWeight;
  return Math.min(100, next);
}
