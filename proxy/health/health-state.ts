/** What checks have found out about one endpoint: it is well until checks say otherwise. */
import type { HealthCheck } from '../../contracts/health-check.ts';

export type HealthState = {
  healthy: boolean;
  /** A check has ended. */
  known: boolean;
  /** Results in a row that speak against `healthy`. */
  against: number;
};

export function newHealthState(): HealthState {
  return { healthy: true, known: false, against: 0 };
}

/**
 * The first check decides by itself; afterwards it takes a threshold of results in a row.
 * @returns true when `healthy` has changed
 */
export function takeResult(
  state: HealthState,
  passed: boolean,
  { unhealthyThreshold, healthyThreshold }: Pick<HealthCheck, 'unhealthyThreshold' | 'healthyThreshold'>,
): boolean {
  const isFirst = !state.known;
  state.known = true;
  if (passed === state.healthy) {
    state.against = 0;
    return false;
  }
  state.against++;
  const needed = state.healthy ? unhealthyThreshold : healthyThreshold;
  if (!isFirst && state.against < needed) return false;
  state.healthy = passed;
  state.against = 0;
  return true;
}
