/** Ways by which connections are passed on as bytes lead to services that can take them. */
import type { GatewayDocument, ServiceDocument } from './document.ts';
import type { Issue } from './parse.ts';

type Services = ReadonlyMap<string, ServiceDocument>;

/** Between sidecars it is the handshake that tells bytes from HTTP. */
function bytesIssue(name: string, services: Services, path: readonly PropertyKey[]): Issue[] {
  const service = services.get(name);
  if (service?.spec.mtls !== 'off') return [];
  const [version] = Object.entries(service.spec.versions).find(([, { inbound }]) => inbound !== undefined) ?? [];
  if (version === undefined) return [];
  const message = `connections are passed on as bytes here, and without mTLS the sidecar of ${name} ${version} takes only HTTP`;
  return [{ path: [...path], message }];
}

export function gatewayBytesIssues({ spec }: Pick<GatewayDocument, 'spec'>, services: Services): Issue[] {
  const { protocol, defaultService, sni } = spec;
  if (protocol !== 'tcp' && protocol !== 'tls-passthrough') return [];
  return [
    ...(defaultService === undefined ? [] : bytesIssue(defaultService, services, ['spec', 'defaultService'])),
    ...Object.entries(sni).flatMap(([server, service]) => bytesIssue(service, services, ['spec', 'sni', server])),
  ];
}

export function localPortBytesIssues({ spec }: Pick<ServiceDocument, 'spec'>, services: Services): Issue[] {
  return Object.entries(spec.versions).flatMap(([version, { upstreams = [] }]) =>
    upstreams.flatMap(({ service, protocol }, i) =>
      protocol === 'tcp' ? bytesIssue(service, services, ['spec', 'versions', version, 'upstreams', i, 'service']) : [],
    ),
  );
}
