/** What a gateway asks of every request before its route: a limit of what is in flight, and of what comes in a time. */
import type { GatewaySpec } from '../../contracts/gateway.ts';
import { admissionParts } from '../filters/admission.ts';
import type { RouteParts } from '../filters/filter.ts';
import { rateLimitParts } from '../filters/rate-limit.ts';
import type { Runtime } from '../runtime.ts';
import type { Inventory } from './compile.ts';
import { CONTINUE } from './plan.ts';
import type { RoutePlan, ServicePlan } from './plan.ts';

/** @returns the plans as this gateway uses them; undefined: it asks for nothing, and uses them as they are */
export function gateOf(
  runtime: Runtime,
  inventory: Inventory,
  gateway: string,
  { admission, rateLimit }: GatewaySpec,
): ((plan: ServicePlan) => ServicePlan) | undefined {
  const parts: RouteParts[] = [];
  const name = `gateway/${gateway}`;
  if (admission) {
    const load = inventory.load(name);
    parts.push({ request: () => (load.inFlight++, CONTINUE), end: () => void load.inFlight-- });
    parts.push(admissionParts({ ...admission, adaptive: false }, load, runtime, name));
  } else inventory.load(name).admission = undefined;
  if (rateLimit) {
    const buckets = (key: string, make: Parameters<Inventory['rateBuckets']>[1]): ReturnType<typeof make> =>
      inventory.rateBuckets(`${name}\n${key}`, make);
    parts.push(rateLimitParts(rateLimit, gateway, runtime, buckets));
  }
  if (parts.length === 0) return undefined;
  const known = new WeakMap<ServicePlan, ServicePlan>();
  return (plan) => {
    const made = known.get(plan) ?? { ...plan, routes: plan.routes.map((route) => behind(parts, route)) };
    known.set(plan, made);
    return made;
  };
}

function behind(parts: readonly RouteParts[], route: RoutePlan): RoutePlan {
  const ends = parts.flatMap(({ end }) => end ?? []);
  return {
    ...route,
    request: [...parts.flatMap(({ request }) => request ?? []), ...route.request],
    end: ends.length === 0 ? route.end : [...(route.end ?? []), ...ends],
  };
}
