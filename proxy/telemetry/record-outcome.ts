/** One request's contribution to the traffic counters, made once, at its end. */
import type { WebSocketMeter } from '../websocket/web-socket-meter.ts';
import type { RoutePlan, VersionPlan } from '../plan/plan.ts';

/** What users saw, and what it took. */
export type Outcome = {
  readonly version: VersionPlan | undefined;
  readonly retries: number;
  readonly faults: number;
  readonly shielded: boolean;
  readonly webSocket?: WebSocketMeter | undefined;
};

/** @param status - 0: broke before its end @param us - whole microseconds from the request's head to the end of the answer */
export function recordOutcome(plan: RoutePlan, outcome: Outcome, status: number, us: number): void {
  const { webSocket } = outcome;
  webSocket?.end((us - webSocket.handshakeUs) / 1_000);
  const counters = plan.counters.get(outcome.version);
  if (!counters) return;
  // A WebSocket's answer is its 101; how long it is open is counted apart.
  counters.record(status, webSocket ? webSocket.handshakeUs : us);
  counters.retries += outcome.retries;
  counters.faults += outcome.faults;
  if (outcome.shielded) counters.shielded++;
}
