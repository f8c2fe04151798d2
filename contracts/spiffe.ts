/** Identities of the mesh as SPIFFE names them: `spiffe://DOMAIN/service/NAME` and `spiffe://DOMAIN/gateway/NAME`. */

/** @param name - `shop`, or `gateway/edge`: as an AccessPolicy names it */
export function spiffeId(domain: string, name: string): string {
  return `spiffe://${domain}/${name.includes('/') ? name : `service/${name}`}`;
}

/** Who a proxy is: the service that it stands beside, else the first of its gateways; undefined: nobody. */
export function identityNameOf(node: {
  readonly service?: string | undefined;
  readonly gateways: readonly string[];
}): string | undefined {
  const [gateway] = node.gateways;
  return node.service ?? (gateway === undefined ? undefined : `gateway/${gateway}`);
}

const ID = /^spiffe:\/\/([a-z0-9._-]+)\/(service|gateway)\/([a-z0-9][a-z0-9._-]*)$/;

/** @returns the name as an AccessPolicy says it; undefined: not an identity of this mesh */
export function nameOfSpiffeId(id: string, domain: string): string | undefined {
  const [, ofDomain, kind, name] = ID.exec(id) ?? [];
  if (ofDomain !== domain || name === undefined) return undefined;
  return kind === 'gateway' ? `gateway/${name}` : name;
}

/**
 * The SPIFFE id in a subjectAltName as node:tls writes it (`URI:spiffe://…, DNS:…`). A certificate with several URIs, or
 * with a name that had to be quoted, has none (SPIFFE X.509-SVID 2: exactly one URI).
 */
export function spiffeIdIn(subjectAltName: string | undefined): string | undefined {
  if (subjectAltName === undefined || subjectAltName.includes('"')) return undefined;
  const uris = subjectAltName.split(', ').filter((part) => part.startsWith('URI:'));
  return uris.length === 1 ? uris[0]?.slice('URI:'.length) : undefined;
}
