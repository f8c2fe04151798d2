/** One request's contribution to the traffic counters, made once, at its end. */
import type { ErrorCode } from '../../contracts/errors.ts';
import type { WebSocketMeter } from '../websocket/web-socket-meter.ts';
import type { RoutePlan, VersionPlan } from '../plan/plan.ts';
import { CLIENT_CLOSED } from '../rescue.ts';
import { responseFlag } from './response-flags.ts';

/** What users saw, and what it took. */
export type Outcome = {
  readonly version: VersionPlan | undefined;
  readonly retries: number;
  readonly faults: number;
  readonly shielded: boolean;
  readonly webSocket?: WebSocketMeter | undefined;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly errorCode: ErrorCode | undefined;
  readonly grpcStatus: number;
};

/** @param status - 0: broke before its end @param us - whole microseconds from the request's head to the end of the answer */
export function recordOutcome(plan: RoutePlan, outcome: Outcome, status: number, us: number): void {
  const { webSocket } = outcome;
  webSocket?.end((us - webSocket.handshakeUs) / 1_000);
  const counters = plan.counters.get(outcome.version);
  if (!counters) return;
  // A WebSocket's answer is its 101; how long it is open is counted apart.
  counters.record(status, webSocket ? webSocket.handshakeUs : us, outcome.requestBytes, outcome.responseBytes);
  if (outcome.errorCode !== undefined || outcome.grpcStatus >= 0 || status === CLIENT_CLOSED)
    counters.details.add(status, outcome.grpcStatus, responseFlag(status, outcome.errorCode));
  counters.retries += outcome.retries;
  counters.faults += outcome.faults;
  if (outcome.shielded) counters.shielded++;
}
