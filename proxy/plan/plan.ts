/** A route compiled to just what it uses: the form in which the hot path meets the configuration. */
import type { Exchange } from '../exchange.ts';
import type { TrafficCounters } from '../telemetry/counters.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { Predicate } from './match.ts';

export type VersionPlan = {
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  /** Round-robin position. */
  cursor: number;
};

/** What a request step says: go on, wait (someone calls exchange.resume), or the request was answered. */
export const CONTINUE = 0;
export const SUSPENDED = 1;
export const ANSWERED = 2;
export type StepOutcome = typeof CONTINUE | typeof SUSPENDED | typeof ANSWERED;
export type Step = (exchange: Exchange) => StepOutcome;

/** How an attempt failed. */
export type AttemptFailure = 'status' | 'reset' | 'connect' | 'timeout' | 'malformed' | 'no-endpoint';
/** @returns true when the filter has set the exchange up for another attempt */
export type FailureStep = (exchange: Exchange, failure: AttemptFailure, status: number) => boolean;

export type ServicePlan = {
  readonly name: string;
  readonly stable: VersionPlan;
  readonly versions: ReadonlyMap<string, VersionPlan>;
  readonly routes: readonly RoutePlan[];
  readonly load: ServiceLoad;
};

/** Kept across configurations. */
export type ServiceLoad = { inFlight: number; retriesInFlight: number };

export type RoutePlan = {
  readonly service: string;
  readonly name: string;
  readonly matches: Predicate | undefined;
  readonly load: ServiceLoad;
  /** Once per request, outermost first. */
  readonly request: readonly Step[];
  /** Once per attempt, outermost first. */
  readonly attempt: readonly Step[];
  /** When an attempt failed, innermost first. */
  readonly failure: readonly FailureStep[];
  /** Counters by version; `-` for requests that ended before a version was chosen. */
  readonly counters: ReadonlyMap<VersionPlan | undefined, TrafficCounters>;
};
