/** Local ports of a sidecar, each of which leads to one service: for applications that know an address and no proxy. */
import type { Upstream } from '../../contracts/service.ts';
import type { Listener } from '../downstream/listener.ts';
import type { Wanted } from '../downstream/listener-set.ts';
import type { Beside } from './compile-inbound.ts';
import type { Config } from './parse-config.ts';
import type { ServicePlan } from './plan.ts';

export type LocalPort = Wanted & Upstream;

/** @returns those of the version that the proxy stands beside */
export function localPorts({ services }: Pick<Config, 'services'>, beside: Beside | undefined): LocalPort[] {
  const document = services.find((s) => s.metadata.name === beside?.service);
  const { upstreams = [] } = document?.spec.versions[beside?.version ?? ''] ?? {};
  return upstreams.map((upstream) => ({ ...upstream, name: `upstream ${upstream.service} (${upstream.protocol})` }));
}

export function leadTo(
  listener: Listener,
  { service, protocol }: LocalPort,
  plans: ReadonlyMap<string, ServicePlan>,
): void {
  const plan = plans.get(service);
  listener.resolve = () => plan;
  listener.tcp = protocol === 'tcp' ? () => plan : undefined;
}
