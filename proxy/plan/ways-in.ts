/** How what comes in at a listener finds its service: by host, by server name, or there is only one. */
import type { GatewaySpec } from '../../contracts/gateway.ts';
import type { RequestHead } from '../http1/head.ts';
import { byServerName } from '../tcp/names.ts';
import type { TcpHost } from '../tcp/tcp-connection.ts';
import { serviceOfHost } from './names.ts';
import type { ServicePlan } from './plan.ts';
import { proxyResolver } from './proxy-hosts.ts';

type Plans = ReadonlyMap<string, ServicePlan>;

/**
 * @param gateway - undefined: the outbound port of a sidecar, where the host names the service
 * @param outside - hosts that are no services, by host:port
 */
export function resolverOf(
  gateway: GatewaySpec | undefined,
  plans: Plans,
  outside: Plans,
): (head: RequestHead) => ServicePlan | undefined {
  if (!gateway) return (head) => plans.get(serviceOfHost(head.hostname));
  if (gateway.protocol === 'http-proxy') return proxyResolver(gateway, plans, outside);
  const { hosts, defaultService } = gateway;
  const fallback = defaultService === undefined ? undefined : plans.get(defaultService);
  const byHost = new Map(Object.entries(hosts).map(([host, service]) => [host.toLowerCase(), plans.get(service)]));
  return byHost.size === 0 ? () => fallback : (head) => byHost.get(head.hostname) ?? fallback;
}

/** @returns undefined where HTTP is spoken */
export function byteResolverOf(gateway: GatewaySpec | undefined, plans: Plans): TcpHost['serviceOf'] | undefined {
  if (!gateway || gateway.protocol === 'http' || gateway.protocol === 'http-proxy') return undefined;
  const fallback = gateway.defaultService === undefined ? undefined : plans.get(gateway.defaultService);
  const named = Object.entries(gateway.sni).map(([name, service]) => [name, plans.get(service)] as const);
  const byName = byServerName(Object.fromEntries(named));
  return (sni) => byName(sni) ?? fallback;
}
