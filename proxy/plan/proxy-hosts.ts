/** Where an HTTP proxy leads: to services by their names, and to the hosts outside of the mesh that are named to it. */
import { API_VERSION } from '../../contracts/document.ts';
import type { ServiceDocument } from '../../contracts/document.ts';
import type { GatewaySpec } from '../../contracts/gateway.ts';
import { parseAddress } from '../../contracts/units.ts';
import type { RequestHead } from '../http1/head.ts';
import type { Runtime } from '../runtime.ts';
import { compileService } from './compile.ts';
import type { Inventory } from './compile.ts';
import { serviceOfHost } from './names.ts';
import type { ServicePlan } from './plan.ts';

/** The version under which hosts outside of the mesh are counted. */
const OUTSIDE = 'external';

/** A plan for each host:port that one of the gateways lets pass; counted as a service with the host's name. */
export function outsidePlans(
  runtime: Runtime,
  inventory: Inventory,
  gateways: readonly { readonly spec: GatewaySpec }[],
): Map<string, ServicePlan> {
  const plans = new Map<string, ServicePlan>();
  for (const address of gateways.flatMap(({ spec }) => spec.passThrough)) {
    const host = parseAddress(address)?.host ?? '';
    const endpoints = [{ address, weight: 1, locality: undefined }];
    const document: ServiceDocument = {
      apiVersion: API_VERSION,
      kind: 'Service',
      metadata: { name: host },
      spec: { stable: OUTSIDE, versions: { [OUTSIDE]: { endpoints, protocol: 'http1' } }, mtls: 'off' },
    };
    const plan = compileService(runtime, inventory, document, [], undefined, []);
    if (plan) plans.set(address, plan);
  }
  return plans;
}

/**
 * RFC 9112 3.2.2: the host is that of the target; Host counts only where the target has none. A service is meant whatever
 * the port; a host outside by host and port.
 * @param outside - by host:port, lower case
 */
export function proxyResolver(
  { hosts, passThrough }: GatewaySpec,
  plans: ReadonlyMap<string, ServicePlan>,
  outside: ReadonlyMap<string, ServicePlan>,
): (head: RequestHead) => ServicePlan | undefined {
  const byHost = new Map(Object.entries(hosts).map(([host, service]) => [host.toLowerCase(), plans.get(service)]));
  const allowed = new Set(passThrough);
  return (head) => {
    const { hostname } = head;
    const inside = byHost.get(hostname) ?? plans.get(serviceOfHost(hostname));
    if (inside || allowed.size === 0) return inside;
    const address = plainAddress(head, hostname);
    return allowed.has(address) ? outside.get(address) : undefined;
  };
}

/** @returns host:port, lower case; empty for https:// without CONNECT, which must not go out in the clear */
function plainAddress(head: RequestHead, hostname: string): string {
  if (!head.isConnect && head.text.slice(head.targetStart, head.targetStart + 6).toLowerCase() === 'https:') return '';
  const authority = head.authorityStart >= 0 ? head.text.slice(head.authorityStart, head.authorityEnd) : '';
  const text = authority === '' && head.hostField >= 0 ? head.value(head.hostField) : authority;
  const port = text.slice(hostname.length + 1);
  return `${hostname}:${port === '' ? '80' : Number(port)}`;
}
