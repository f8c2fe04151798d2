/** Refuses what a service cannot bear, before any work is done for it: what is let in keeps its latency. */
import type { Admission } from '../../contracts/admission.ts';
import type { AdaptiveLimit } from '../admission/adaptive-limit.ts';
import { admissionLoad } from '../admission/admission-load.ts';
import type { AdmissionLoad } from '../admission/admission-load.ts';
import type { Exchange } from '../exchange.ts';
import { ANSWERED, CONTINUE } from '../plan/plan.ts';
import type { ServiceLoad, StepOutcome } from '../plan/plan.ts';
import type { Runtime } from '../runtime.ts';
import { NOTHING } from './filter.ts';
import type { Filter, RouteParts } from './filter.ts';

/** Long enough for the load to change, short enough for a user to stay. */
const RETRY_AFTER_S = '1';

export const admission: Filter = {
  role: 'admission',
  why: 'before any work is done, so that shedding is cheap; above assignment: both arms of an experiment lose alike',
  build: ({ resilience, load, runtime, service }) => {
    if (resilience?.admission) return admissionParts(resilience.admission, load, runtime, service);
    load.admission = undefined;
    return NOTHING;
  },
};

/** @param load - counts the request before it comes here @param whose - by which the refusal speaks of it */
export function admissionParts(spec: Admission, load: ServiceLoad, runtime: Runtime, whose: string): RouteParts {
  const state = admissionLoad(load, spec, runtime, whose);
  if (state.adaptive) return adaptiveParts(state, state.adaptive, load, whose);
  const { limit } = state;
  return {
    request: (exchange) => (load.inFlight <= limit.allowed ? CONTINUE : shed(exchange, state, whose)),
  };
}

function adaptiveParts(state: AdmissionLoad, limit: AdaptiveLimit, load: ServiceLoad, whose: string): RouteParts {
  return {
    request: (exchange) => {
      const nowMs = exchange.runtime.clock.nowMs();
      if (!limit.admits(load.inFlight, nowMs)) return shed(exchange, state, whose);
      exchange.admittedAtMs = nowMs;
      return CONTINUE;
    },
    respond: (exchange) => sample(exchange, limit),
    // A request that was never answered took at least so long.
    end: (exchange) => sample(exchange, limit),
  };
}

/** Once per request. What never reached an endpoint says nothing about it. */
function sample(exchange: Exchange, limit: AdaptiveLimit): void {
  if (exchange.admittedAtMs === 0 || exchange.attempts === 0) return;
  limit.sample(exchange.admittedAtMs, exchange.runtime.clock.nowMs());
  exchange.admittedAtMs = 0;
}

function shed(exchange: Exchange, state: AdmissionLoad, whose: string): StepOutcome {
  state.shed++;
  exchange.responseEdits().set('retry-after', RETRY_AFTER_S);
  exchange.answer('OVERLOADED', `${whose} has as many requests in flight as it bears`);
  return ANSWERED;
}
