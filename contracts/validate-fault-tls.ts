/** A fault on handshakes needs handshakes: a gateway that ends TLS before its service, or sidecars with mTLS. Pure. */
import type { GatewayDocument, ServiceDocument } from './document.ts';
import type { FaultSpec } from './fault.ts';
import { nearest } from './nearest.ts';
import type { Issue } from './parse.ts';

/**
 * @param path - where the fault stands in its document
 * @returns what is wrong; `needs` names a document that is not there. A service that is not there is not said again
 */
export function tlsFaultIssues(
  { tls, service: name, version }: FaultSpec,
  services: ReadonlyMap<string, ServiceDocument>,
  gateways: ReadonlyMap<string, GatewayDocument>,
  path: readonly PropertyKey[],
): (Issue & { readonly needs?: string })[] {
  const service = services.get(name);
  if (!tls || !service) return [];
  if (tls.gateway === undefined) {
    const { mtls, versions } = service.spec;
    const asked = version === undefined ? Object.values(versions) : [versions[version]];
    const isTaken = mtls !== 'off' && asked.some((v) => v?.inbound !== undefined);
    const message = `nobody shakes hands with sidecars of ${name}: it has no \`inbound\` with mTLS; name a gateway?`;
    return isTaken ? [] : [{ path: [...path, 'tls'], message }];
  }
  const at = [...path, 'tls', 'gateway'];
  const gateway = gateways.get(tls.gateway);
  if (!gateway) {
    const hint = nearest(tls.gateway, [...gateways.keys()]);
    const help = hint === undefined ? 'declare it in the same set of files' : `did you mean "${hint}"?`;
    const message = `there is no Gateway "${tls.gateway}"; ${help}`;
    return [{ needs: `Gateway/${tls.gateway}`, path: at, message }];
  }
  const { tls: ended, defaultService, hosts } = gateway.spec;
  if (!ended) return [{ path: at, message: `Gateway "${tls.gateway}" ends no TLS` }];
  if (defaultService === name || Object.values(hosts).includes(name)) return [];
  return [{ path: at, message: `Gateway "${tls.gateway}" does not lead to Service "${name}"` }];
}
