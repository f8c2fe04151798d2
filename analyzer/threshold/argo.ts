/** Argo Rollouts' reading of a metric: from counts of measurements to a phase (analysis.assessMetricStatus). */

export type ArgoPhase = 'Pending' | 'Running' | 'Successful' | 'Failed' | 'Inconclusive' | 'Error';

export type ArgoMetric = {
  /** Measurements to take; absent: one without an interval, endless with one. */
  readonly count?: number;
  readonly interval?: string;
  /** -1: failures never end the run. Default 0. */
  readonly failureLimit?: number;
  /** Default 0. */
  readonly inconclusiveLimit?: number;
  /** Default 4. */
  readonly consecutiveErrorLimit?: number;
  /** 0: off. Default 0. */
  readonly consecutiveSuccessLimit?: number;
};

export type ArgoResult = {
  /** Measurements begun; at least `count`. */
  readonly measurements: number;
  readonly inFlight: boolean;
  /** Measurements completed, errors not counted. */
  readonly count: number;
  readonly successful: number;
  readonly failed: number;
  readonly inconclusive: number;
  readonly consecutiveError: number;
  readonly consecutiveSuccess: number;
};

const DEFAULT_ERROR_LIMIT = 4;

/**
 * @param terminating - the run is being ended from outside. Then a metric that broke no limit is Successful, even one
 *   that was never measured.
 */
export function assessArgoMetric(metric: ArgoMetric, result: ArgoResult, terminating: boolean): ArgoPhase {
  if (result.measurements === 0) return terminating ? 'Successful' : 'Pending';
  if (result.inFlight) return 'Running';
  const broken = brokenLimit(metric, result);
  if (broken) return broken;
  const wanted = metric.consecutiveSuccessLimit ?? 0;
  if (wanted > 0 && result.consecutiveSuccess >= wanted) return 'Successful';
  const last = metric.count ?? (metric.interval === undefined ? 1 : Infinity);
  if (result.count >= last) return atTheEnd(metric);
  return terminating ? 'Successful' : 'Running';
}

/** A limit is broken by going above it: a failureLimit of 3 takes the fourth failure. Failure is looked at first. */
function brokenLimit(metric: ArgoMetric, result: ArgoResult): ArgoPhase | undefined {
  const failures = metric.failureLimit ?? 0;
  if (failures >= 0 && result.failed > failures) return 'Failed';
  if (result.inconclusive > (metric.inconclusiveLimit ?? 0)) return 'Inconclusive';
  if (result.consecutiveError > (metric.consecutiveErrorLimit ?? DEFAULT_ERROR_LIMIT)) return 'Error';
  return undefined;
}

/** All measurements are taken, no limit broken, and the successes in a row that were asked for did not come. */
function atTheEnd(metric: ArgoMetric): ArgoPhase {
  if ((metric.consecutiveSuccessLimit ?? 0) === 0) return 'Successful';
  return (metric.failureLimit ?? 0) < 0 ? 'Failed' : 'Inconclusive';
}

/** What Argo would refuse in a metric, in its words; undefined when it is valid. @param providers - how many are named */
export function argoMetricError(metric: ArgoMetric, providers: number): string | undefined {
  const { count, failureLimit: failures = 0, inconclusiveLimit: inconclusive = 0 } = metric;
  const successes = metric.consecutiveSuccessLimit ?? 0;
  if (successes < 0) return 'consecutiveSuccessLimit must be >= 0';
  if (failures < -1) return 'failureLimit must be >= 0, or -1 to be disabled';
  if (failures === -1 && successes === 0) return 'failureLimit and consecutiveSuccessLimit cannot both be disabled';
  if (inconclusive < 0) return 'inconclusiveLimit must be >= 0';
  if ((metric.consecutiveErrorLimit ?? DEFAULT_ERROR_LIMIT) < 0) return 'consecutiveErrorLimit must be >= 0';
  if (count !== undefined) {
    if (failures >= 0 && count < failures + successes) {
      return `count (${count}) must be >= failureLimit + consecutiveSuccessLimit (${failures} + ${successes}) if both >= 0`;
    }
    if (count < successes) return 'count must be >= consecutiveSuccessLimit';
    if (count < inconclusive) return 'count must be >= inconclusiveLimit';
    if (count > 1 && metric.interval === undefined) return 'interval must be specified when count > 1';
  }
  if (providers === 0) return 'no provider specified';
  return providers > 1 ? 'multiple providers specified' : undefined;
}
