/** What outlier detection counts of one endpoint, and the rules; each a pure function of the counts. */
import type { OutlierDetection } from '../../contracts/outlier-detection.ts';
import { PPM } from '../../contracts/units.ts';
import type { AttemptOutcome } from '../plan/plan.ts';

export const EJECTION_REASONS = ['consecutive-5xx', 'consecutive-gateway-error', 'success-rate'] as const;
export type EjectionReason = (typeof EJECTION_REASONS)[number];

export type OutlierState = {
  failuresInRow: number;
  gatewayErrorsInRow: number;
  /** Of this interval. */
  requests: number;
  successes: number;
  /** undefined: in the balancing. */
  ejectedUntilMs: number | undefined;
  /** Grows with each ejection, shrinks with each interval without one: what the base is multiplied with. */
  ejections: number;
};

export function newOutlierState(): OutlierState {
  return {
    failuresInRow: 0,
    gatewayErrorsInRow: 0,
    requests: 0,
    successes: 0,
    ejectedUntilMs: undefined,
    ejections: 0,
  };
}

export type Judged = 'success' | 'failure' | 'gateway-error' | 'nothing';

/** Whether an attempt says something about its endpoint. What had no answer is a gateway error, as in Envoy. */
export function judge(outcome: AttemptOutcome, status: number): Judged {
  if (outcome === 'abandoned' || outcome === 'no-endpoint' || outcome === 'overflow') return 'nothing';
  if (outcome !== 'answered' && outcome !== 'status') return 'gateway-error';
  if (status < 500) return 'success';
  return status >= 502 && status <= 504 ? 'gateway-error' : 'failure';
}

/** Counts an attempt. @returns why the endpoint should be ejected now, if it should */
export function count(
  state: OutlierState,
  judged: Exclude<Judged, 'nothing'>,
  spec: OutlierDetection,
): EjectionReason | undefined {
  state.requests++;
  if (judged === 'success') {
    state.successes++;
    state.failuresInRow = 0;
    state.gatewayErrorsInRow = 0;
    return undefined;
  }
  state.failuresInRow++;
  state.gatewayErrorsInRow = judged === 'gateway-error' ? state.gatewayErrorsInRow + 1 : 0;
  const { consecutive5xx, consecutiveGatewayErrors } = spec;
  if (consecutiveGatewayErrors > 0 && state.gatewayErrorsInRow >= consecutiveGatewayErrors) {
    return 'consecutive-gateway-error';
  }
  return consecutive5xx > 0 && state.failuresInRow >= consecutive5xx ? 'consecutive-5xx' : undefined;
}

/** @param ejected - so far, of `all` endpoints */
export function mayEject(ejected: number, all: number, { maxEjectionPercent }: OutlierDetection): boolean {
  return ejected + 1 <= Math.max(1, Math.floor((all * maxEjectionPercent) / PPM));
}

/** Envoy's: min(base · ejections, max(maximum, base)) + jitter. @param chance - uniform in [0, 1) */
export function ejectionMs(ejections: number, spec: OutlierDetection, chance: number): number {
  const longestMs = Math.max(spec.maxEjection, spec.baseEjection);
  return Math.min(spec.baseEjection * ejections, longestMs) + chance * spec.jitter;
}

/**
 * Envoy's: below mean − factor · (population) standard deviation of the endpoints with enough requests.
 * @returns those that are below; nobody where too few have enough requests
 */
export function successRateOutliers<S extends Pick<OutlierState, 'requests' | 'successes'>>(
  states: readonly S[],
  { successRate: { enabled, minHosts, requestVolume, stdevFactor } }: OutlierDetection,
): S[] {
  const enough = states.filter((s) => s.requests >= requestVolume);
  if (!enabled || enough.length < minHosts) return [];
  const threshold = successRateThreshold(
    enough.map((s) => s.successes / s.requests),
    stdevFactor,
  );
  return enough.filter((s) => s.successes / s.requests < threshold);
}

/** mean − factor · population standard deviation. */
export function successRateThreshold(rates: readonly number[], stdevFactor: number): number {
  const mean = rates.reduce((a, b) => a + b, 0) / rates.length;
  const variance = rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length;
  return mean - stdevFactor * Math.sqrt(variance);
}
