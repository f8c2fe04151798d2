/** Kayenta's classification of one metric: Pass, High, Low or no data (MannWhitneyClassifier, MeanInequalityClassifier). */
import type { Random } from '../simulation/random.ts';
import { normal } from '../simulation/random.ts';
import { mannWhitney } from './mann-whitney.ts';
import { cles, mean, meanRatio } from './statistics.ts';
import { withoutNaN } from './transforms.ts';
import type { NanStrategy } from './transforms.ts';

export type Classification = 'Pass' | 'High' | 'Low' | 'Nodata' | 'NodataFailMetric' | 'Error';
export type Direction = 'increase' | 'decrease' | 'either';

export type ClassifierParams = {
  /** Share of the estimated shift by which the interval must clear 0. */
  readonly tolerance: number;
  readonly confidence: number;
  readonly effectSize: 'meanRatio' | 'cles';
  readonly allowedIncrease: number;
  readonly allowedDecrease: number;
  readonly criticalIncrease: number;
  readonly criticalDecrease: number;
  readonly direction: Direction;
  readonly nanStrategy: NanStrategy;
  readonly isCritical: boolean;
  readonly isDataRequired: boolean;
};

export type MetricResult = {
  readonly classification: Classification;
  readonly reason: string;
  /** The effect size; 1 where the arms are the same, NaN where it cannot be told. */
  readonly deviation: number;
  /** A critical metric failed badly enough to fail the whole canary. */
  readonly critical: boolean;
};

/** The constants of Kayenta's NetflixACAJudge. @param effectSize - its neutral value is 1 for meanRatio, 0.5 for cles */
export function defaultParams(effectSize: 'meanRatio' | 'cles' = 'meanRatio'): ClassifierParams {
  const neutral = effectSize === 'cles' ? 0.5 : 1;
  return {
    tolerance: 0.25,
    confidence: 0.98,
    effectSize,
    allowedIncrease: neutral,
    allowedDecrease: neutral,
    criticalIncrease: neutral,
    criticalDecrease: neutral,
    direction: 'either',
    nanStrategy: 'remove',
    isCritical: false,
    isDataRequired: false,
  };
}

/** @param random - used only when both arms are constant and differ: Kayenta adds a little noise there */
export function classifyMannWhitney(
  control: readonly number[],
  experiment: readonly number[],
  params: ClassifierParams,
  random: Random,
): MetricResult {
  const c = withoutNaN(control, params.nanStrategy);
  const e = withoutNaN(experiment, params.nanStrategy);
  const early = withoutComparison(c, e, params);
  if (early) return early;
  const bothConstant = isConstant(c) && isConstant(e);
  const noisy = (data: readonly number[]): number[] => data.map((x) => x + x * 1e-5 * normal(random));
  const [y, x] = bothConstant ? [noisy(c), noisy(e)] : [c, e];
  const effect = params.effectSize === 'cles' ? cles(y, x) : meanRatio(y, x);
  try {
    const { lower, upper, estimate } = mannWhitney(x, y, params.confidence);
    const bound = params.tolerance * Math.abs(estimate);
    return label(lower > bound, upper < -bound, effect, params);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { classification: 'Error', reason: error.message, deviation: effect, critical: false };
  }
}

/** Compares the means alone: any difference counts. */
export function classifyMeanInequality(
  control: readonly number[],
  experiment: readonly number[],
  params: ClassifierParams,
): MetricResult {
  const c = withoutNaN(control, params.nanStrategy);
  const e = withoutNaN(experiment, params.nanStrategy);
  const early = withoutComparison(c, e, params);
  if (early) return early;
  const effect = params.effectSize === 'cles' ? cles(c, e) : meanRatio(c, e);
  return label(mean(e) > mean(c), mean(e) < mean(c), effect, params);
}

function withoutComparison(
  control: readonly number[],
  experiment: readonly number[],
  { nanStrategy, isDataRequired, isCritical }: ClassifierParams,
): MetricResult | undefined {
  if (control.length === 0 || experiment.length === 0) {
    if (nanStrategy === 'replace') return pass('the missing data were replaced by zeros', 1);
    const classification = isDataRequired && !isCritical ? 'NodataFailMetric' : 'Nodata';
    const missing = control.length > 0 ? 'experiment' : experiment.length > 0 ? 'control' : 'control and experiment';
    const critical = isDataRequired && isCritical;
    return { classification, reason: `no data in ${missing}`, deviation: 1, critical };
  }
  const sorted = (data: readonly number[]): string => [...data].sort((a, b) => a - b).join();
  if (sorted(control) === sorted(experiment)) return pass('both arms have the same values', 1);
  if (isConstant([...control, ...experiment])) return pass('both arms have one and the same value', 1);
  return undefined;
}

function label(isHigher: boolean, isLower: boolean, effect: number, params: ClassifierParams): MetricResult {
  const { direction, isCritical } = params;
  // A NaN effect (a mean of 0) passes no comparison as allowed: it is let through to the label.
  const isHigh = direction !== 'decrease' && isHigher && !(effect < params.allowedIncrease);
  const isLow = direction !== 'increase' && isLower && !(effect > params.allowedDecrease);
  if (isHigh) {
    const critical = isCritical && !(effect < params.criticalIncrease);
    return {
      classification: 'High',
      reason: `the experiment is higher (effect ${effect})`,
      deviation: effect,
      critical,
    };
  }
  if (isLow) {
    const critical = isCritical && !(effect > params.criticalDecrease);
    return { classification: 'Low', reason: `the experiment is lower (effect ${effect})`, deviation: effect, critical };
  }
  return pass('no difference beyond the tolerance', effect);
}

function pass(reason: string, deviation: number): MetricResult {
  return { classification: 'Pass', reason, deviation, critical: false };
}

function isConstant(data: readonly number[]): boolean {
  return data.every((x) => x === data[0]);
}
