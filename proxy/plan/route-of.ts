/** Which route a request takes: the first that matches. Every service ends with one that takes all. */
import type { RequestHead } from '../http1/head.ts';
import type { RoutePlan, ServicePlan } from './plan.ts';

export function routeOf(service: ServicePlan, head: RequestHead): RoutePlan | undefined {
  for (const route of service.routes) if (route.matches === undefined || route.matches(head)) return route;
  return undefined;
}
