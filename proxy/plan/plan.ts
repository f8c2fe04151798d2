/** A route compiled to just what it uses: the form in which the hot path meets the configuration. */
import type { Protocol } from '../../contracts/service.ts';
import type { AdmissionLoad } from '../admission/admission-load.ts';
import type { Exchange } from '../exchange.ts';
import type { ResponseHead } from '../http1/head.ts';
import type { TrafficCounters } from '../telemetry/counters.ts';
import type { Pool } from '../balancing/pool.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { ActiveOverlay } from '../overlays.ts';
import type { Gone } from '../faults/endpoint-gone.ts';
import type { ActiveFault } from '../faults/active-fault.ts';
import type { Wires } from '../faults/tcp/wires.ts';
import type { Limit } from '../shared/sharing.ts';
import type { TcpLoad } from '../tcp/tcp-load.ts';
import type { WebSocketLoad } from '../websocket/web-socket-load.ts';
import type { Predicate } from './match.ts';

export type VersionPlan = {
  readonly name: string;
  /** What its endpoints speak; undefined: HTTP/1.1. */
  readonly protocol?: Protocol | undefined;
  readonly endpoints: readonly Endpoint[];
  /** Round-robin position. */
  cursor: number;
  /** Where the service asks for more than plain round robin. */
  readonly pool?: Pool;
  readonly webSockets?: WebSocketLoad;
};

/** What a request step says: go on, wait (someone calls exchange.resume), or the request was answered. */
export const CONTINUE = 0;
export const SUSPENDED = 1;
export const ANSWERED = 2;
export type StepOutcome = typeof CONTINUE | typeof SUSPENDED | typeof ANSWERED;
export const NO_STEPS: readonly never[] = [];
export type Step = (exchange: Exchange) => StepOutcome;

/** How an attempt failed. */
export type AttemptFailure = 'status' | 'reset' | 'connect' | 'timeout' | 'malformed' | 'no-endpoint' | 'overflow';
/** @returns true when the filter has set the exchange up for another attempt */
export type FailureStep = (exchange: Exchange, failure: AttemptFailure, status: number) => boolean;

/** `answered`: a head came, with its status; `abandoned`: nobody waits for it any more. */
export type AttemptOutcome = AttemptFailure | 'answered' | 'abandoned';
/** Exactly once for each attempt that was begun. @param status - of the answer, or of the fault that stands for one; else 0 */
export type AttemptEndStep = (exchange: Exchange, outcome: AttemptOutcome, status: number) => void;
/** Before the head of the endpoint's final answer is written. */
export type RespondStep = (exchange: Exchange, head: ResponseHead) => void;
/** Exactly once per request of the route. @param status - 0: broke before its end */
export type EndStep = (exchange: Exchange, status: number, failed: boolean, durationUs: number) => void;

export type ServicePlan = {
  readonly name: string;
  readonly stable: VersionPlan;
  readonly versions: ReadonlyMap<string, VersionPlan>;
  readonly routes: readonly RoutePlan[];
  readonly load: ServiceLoad;
  /** For connections that are passed on as bytes. */
  readonly overlay: ActiveOverlay | undefined;
  readonly tcp: (version: string) => TcpLoad;
  /** undefined: that of the runtime. */
  readonly tcpIdleMs?: number | undefined;
  /** Faults that keep the service from this proxy. */
  readonly partitions: readonly ActiveFault[];
  readonly wires: Wires;
  /** Faults that take endpoints away. */
  readonly gone: readonly Gone[];
};

/** Kept across configurations. */
export type ServiceLoad = {
  inFlight: number;
  /** Rivals of hedged requests are among them. */
  retriesInFlight: number;
  /** Where the service has a circuit breaker. */
  maxRetries?: Limit;
  /** Where a route hedges: since start. */
  hedges?: HedgeTotals;
  /** Where the service limits what it lets in. */
  admission?: AdmissionLoad | undefined;
};

/** Second attempts beside the first, and how many of them gave the answer or took the first one's place. */
export type HedgeTotals = { started: number; won: number };

export type RoutePlan = {
  readonly service: string;
  readonly name: string;
  readonly matches: Predicate | undefined;
  readonly load: ServiceLoad;
  /** undefined: no limit of the route's own. */
  readonly maxBodyBytes: number | undefined;
  readonly idleTimeoutMs: number | undefined;
  /** Below 500, answers with these are failures to the retry policy alone. */
  readonly retryStatuses?: ReadonlySet<number> | undefined;
  /** Once per request, outermost first. */
  readonly request: readonly Step[];
  /** Once per attempt, outermost first. */
  readonly attempt: readonly Step[];
  /** When an attempt failed, innermost first. */
  readonly failure: readonly FailureStep[];
  /** Innermost first; undefined where no filter asks, as for the next two. */
  readonly attemptEnd: readonly AttemptEndStep[] | undefined;
  readonly respond: readonly RespondStep[] | undefined;
  readonly end: readonly EndStep[] | undefined;
  /** Counters by version; `-` for requests that ended before a version was chosen. */
  readonly counters: ReadonlyMap<VersionPlan | undefined, TrafficCounters>;
};
