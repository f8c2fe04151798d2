/** One request's contribution to the traffic counters, made once, at its end. */
import type { RoutePlan, VersionPlan } from '../plan/plan.ts';

/** What users saw, and what it took. */
export type Outcome = {
  readonly version: VersionPlan | undefined;
  readonly retries: number;
  readonly faults: number;
  readonly shielded: boolean;
};

/** @param status - 0: broke before its end @param us - whole microseconds from the request's head to the end of the answer */
export function recordOutcome(plan: RoutePlan, outcome: Outcome, status: number, us: number): void {
  const counters = plan.counters.get(outcome.version);
  if (!counters) return;
  counters.record(status, us);
  counters.retries += outcome.retries;
  counters.faults += outcome.faults;
  if (outcome.shielded) counters.shielded++;
}
