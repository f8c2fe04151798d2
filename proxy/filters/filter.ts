/** What a filter is: a value with a role, the reason for its place, and a function that builds its part of one route. */
import type { AccessPolicySpec } from '../../contracts/access-policy.ts';
import type { Resilience } from '../../contracts/resilience.ts';
import type { Rule } from '../../contracts/route.ts';
import type { ActiveFault } from '../faults/active-fault.ts';
import type { Gone } from '../faults/endpoint-gone.ts';
import type { ActiveOverlay } from '../overlays.ts';
import type {
  AttemptEndStep,
  EndStep,
  FailureStep,
  RespondStep,
  ServiceLoad,
  Step,
  VersionPlan,
} from '../plan/plan.ts';
import type { RateBuckets } from '../shared/sharing.ts';
import type { ShadowLoad } from '../shadow/shadow-load.ts';
import type { Runtime } from '../runtime.ts';

export type Role =
  | 'rescue'
  | 'telemetry'
  | 'tracing'
  | 'admission'
  | 'header-changes'
  | 'cors'
  | 'rate-limit'
  | 'body-limit'
  | 'own-answers'
  | 'rewrite'
  | 'request-fault'
  | 'deadline'
  | 'assignment'
  | 'goals'
  | 'shadow'
  | 'retry'
  | 'hedge'
  | 'discovery-fault'
  | 'balancing'
  | 'attempt-fault'
  | 'access'
  | 'client-identity'
  | 'local'
  | 'connection';

/** What a route is compiled from. */
export type RouteContext = {
  readonly runtime: Runtime;
  readonly service: string;
  /** The name of the rule, given or made. */
  readonly route: string;
  readonly rule: Rule;
  readonly stable: VersionPlan;
  readonly versions: ReadonlyMap<string, VersionPlan>;
  readonly load: ServiceLoad;
  readonly overlay: ActiveOverlay | undefined;
  /** Rate limits outlive a configuration in which they are declared as before. */
  readonly buckets: (key: string, make: (id: string) => RateBuckets) => RateBuckets;
  /** What is counted of the copies that a version gets. */
  readonly shadowLoads: (version: string) => ShadowLoad;
  readonly faults: readonly ActiveFault[];
  /** Those that take endpoints away. */
  readonly gone: readonly Gone[];
  readonly resilience?: Resilience | undefined;
  /** On the way in, where the service has one. */
  readonly access?: AccessPolicySpec | undefined;
};

/** The parts that a filter adds to a route; a filter that the route does not use adds none. */
export type RouteParts = {
  readonly request?: Step;
  readonly attempt?: Step;
  readonly failure?: FailureStep;
  readonly attemptEnd?: AttemptEndStep;
  readonly respond?: RespondStep;
  readonly end?: EndStep;
};

export type Filter = {
  readonly role: Role;
  /** Why it stands where it stands: what would break if it moved. */
  readonly why: string;
  /** Called when a configuration is built, never per request. */
  readonly build: (context: RouteContext) => RouteParts;
};

export const NOTHING: RouteParts = {};
