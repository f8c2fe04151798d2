/** Decides the version, and with it the arm, once: a retry must never re-roll the dice. */
import { PPM } from '../../contracts/units.ts';
import type { Exchange } from '../exchange.ts';
import type { ActiveOverlay } from '../overlays.ts';
import { CONTINUE } from '../plan/plan.ts';
import type { Step, VersionPlan } from '../plan/plan.ts';
import { hashText } from '../random.ts';
import { NO_CLIENT } from '../telemetry/origin-counters.ts';
import { withArms } from './arm-assignment.ts';
import type { Filter, RouteContext } from './filter.ts';
import { pointGiver, stickyPoint } from './sticky.ts';

export const assignment: Filter = {
  role: 'assignment',
  why: 'above shadow and retry: the arm is decided once, so that every attempt of a request counts for the same arm',
  build: (context) => {
    const choose = chooseVersion(context);
    const overlay = context.overlay;
    if (!overlay) return { request: choose };
    if (overlay.keyed) return { request: withArms(context, choose, overlay, overlay.keyed) };
    return { request: withOverlay(context, withPreview(context, choose, overlay), overlay) };
  },
};

function chooseVersion({ rule, stable, versions, runtime, service }: RouteContext): Step {
  const thresholds: { readonly below: number; readonly version: VersionPlan }[] = [];
  let sum = 0;
  for (const entry of rule.split ?? []) {
    const version = versions.get(entry.version);
    if (!version || entry.weight === 0) continue;
    sum += entry.weight;
    thresholds.push({ below: sum, version });
  }
  const only = thresholds[0];
  if (only === undefined || (thresholds.length === 1 && only.below >= 1_000_000)) {
    const version = only?.version ?? stable;
    return (exchange) => {
      exchange.version = version;
      return CONTINUE;
    };
  }
  const seed = hashText(service, 0);
  return (exchange) => {
    const point = stickyPoint(exchange.head, rule.sticky, seed) ?? runtime.random.ppm();
    exchange.version = stable;
    for (const { below, version } of thresholds) {
      if (point >= below) continue;
      exchange.version = version;
      break;
    }
    return CONTINUE;
  };
}

/** Requests of testers go to the candidate, where the configuration would send them to the baseline. */
function withPreview({ versions }: RouteContext, choose: Step, active: ActiveOverlay): Step {
  const { preview, isPreview, overlay } = active;
  const baseline = versions.get(overlay.baseline);
  const candidate = versions.get(overlay.candidate);
  if (!preview || !baseline || !candidate) return choose;
  return (exchange) => {
    choose(exchange);
    if (exchange.version !== baseline || !active.active || isPreview?.(exchange.head) === false) return CONTINUE;
    exchange.version = candidate;
    exchange.arm = preview;
    return CONTINUE;
  };
}

/** What the configuration would send to the baseline is divided between the arms. */
function withOverlay({ versions, runtime, rule }: RouteContext, choose: Step, active: ActiveOverlay): Step {
  const { overlay } = active;
  const baseline = versions.get(overlay.baseline);
  const candidate = versions.get(overlay.candidate);
  if (!baseline || !candidate) return choose;
  // Under the shield an attempt on the candidate may use half of the time, so that the baseline has the other half.
  const shieldTryMs = overlay.shield && rule.timeout ? Math.ceil(rule.timeout / 2) : 0;
  const toBaseline = restOf(versions, active);
  const give = pointGiver(overlay, active.stickySeed);
  return (exchange) => {
    choose(exchange);
    if (exchange.version !== baseline || !active.takes(exchange.head)) return CONTINUE;
    const own = stickyPoint(exchange.head, overlay.sticky, active.stickySeed);
    exchange.clientPoint = own ?? NO_CLIENT;
    const point = own ?? give?.(exchange) ?? runtime.random.ppm();
    if (point < overlay.candidatePpm) {
      exchange.version = candidate;
      exchange.arm = active.candidate;
      if (overlay.shield) {
        exchange.shieldVersion = baseline;
        // Only where the shield can act: cutting short what cannot be repeated would only do harm.
        if (exchange.head.isIdempotent) exchange.perTryTimeoutMs = shieldTryMs;
      }
    } else toBaseline(exchange, point);
    return CONTINUE;
  };
}

/**
 * What does not go to the candidate: to the baseline; or, from the other end of the range, as large a share to the fresh one,
 * so that a sticky request which met the candidate at one step meets it at the next.
 */
function restOf(
  versions: RouteContext['versions'],
  { overlay, baseline, fresh }: ActiveOverlay,
): (exchange: Exchange, point: number) => void {
  const version = overlay.fresh === undefined ? undefined : versions.get(overlay.fresh);
  if (!fresh || !version) return (exchange) => void (exchange.arm = baseline);
  const from = PPM - overlay.candidatePpm;
  return (exchange, point) => {
    if (point >= from) exchange.version = version;
    exchange.arm = point >= from ? fresh : baseline;
  };
}
