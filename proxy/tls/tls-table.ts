/** The TLS of one configuration: certificates read and checked when it is built, never at the first request. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { GatewayDocument } from '../../contracts/document.ts';
import { keyOf } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { readTls, tlsUses } from '../../contracts/tls-files.ts';
import type { TlsTexts } from '../../contracts/tls-files.ts';
import type { Version } from '../../contracts/service.ts';
import type { Config } from '../plan/parse-config.ts';
import type { ServerTls } from './acceptor.ts';
import type { ClientTls, UpstreamSecurity } from './dialer.ts';
import type { MeshSecurity } from './mesh-security.ts';

export type TlsTable = {
  readonly server: (gateway: string) => ServerTls | undefined;
  /** What other proxies ask a version with. */
  readonly upstream: (service: string, version: string) => UpstreamSecurity | undefined;
  /** What the sidecar asks the application beside it with. */
  readonly application: (service: string, version: string) => UpstreamSecurity | undefined;
  /** What callers meet at the sidecar of a service. */
  readonly inbound: (service: string) => ServerTls | undefined;
};

const none = (): undefined => undefined;
export const NO_TLS: TlsTable = { server: none, upstream: none, application: none, inbound: none };

/**
 * @param mesh - undefined: the proxy has no identity, nor will it get one
 * @throws MeshproofError TLS_MATERIAL_INVALID with every problem; CONFIG_REFUSED where an identity is needed
 */
export function tlsTable(config: Pick<Config, 'gateways' | 'services'>, mesh: MeshSecurity | undefined): TlsTable {
  const { gateways, services } = config;
  const problems: string[] = [];
  const servers = new Map<string, ServerTls>();
  const upstreams = new Map<string, UpstreamSecurity>();
  for (const document of [...gateways, ...services]) {
    for (const use of tlsUses(document)) {
      const { pem, issues } = readTls(use, (file) => readFileSync(file, 'utf8'));
      problems.push(...issues.map((i) => `${keyOf(document)} ${i.path.map(String).join('.')}: ${i.message}`));
      if (issues.length > 0) continue;
      if (document.kind === 'Gateway') servers.set(document.metadata.name, serverTls(document, pem));
      else {
        const version = String(use.path[2]);
        const tls = document.spec.versions[version]?.tls;
        if (tls) upstreams.set(`${document.metadata.name}\n${version}`, staticSecurity(tls, pem));
      }
    }
  }
  if (problems.length > 0) throw new MeshproofError('TLS_MATERIAL_INVALID', problems.join('; '));
  return {
    server: (gateway) => servers.get(gateway),
    ...meshTls(services, mesh, (service, version) => upstreams.get(`${service}\n${version}`)),
  };
}

/** Versions with a sidecar are asked with the mesh's own certificates. */
function meshTls(
  services: Config['services'],
  mesh: MeshSecurity | undefined,
  declared: TlsTable['application'],
): Omit<TlsTable, 'server'> {
  const modes = new Map(services.map(({ metadata, spec }) => [metadata.name, spec.mtls]));
  const isSecured = (service: string): boolean => modes.get(service) !== 'off';
  const behindSidecar = new Set<string>();
  for (const { metadata, spec } of services) {
    for (const [version, { inbound }] of Object.entries(spec.versions)) {
      if (inbound === undefined) continue;
      behindSidecar.add(`${metadata.name}\n${version}`);
      if (mesh || spec.mtls === 'off') continue;
      const which = `Service/${metadata.name} spec.versions.${version}.inbound`;
      throw new MeshproofError('CONFIG_REFUSED', `${which}: this proxy has no identity to ask there with`);
    }
  }
  return {
    upstream: (service, version) => {
      if (!behindSidecar.has(`${service}\n${version}`)) return declared(service, version);
      return isSecured(service) ? mesh?.upstream(service) : undefined;
    },
    application: declared,
    inbound: (service) => (isSecured(service) ? mesh?.server(modes.get(service) === 'permissive') : undefined),
  };
}

function serverTls({ spec }: GatewayDocument, pem: TlsTexts): ServerTls {
  const { minVersion = '1.2', requireClientCert } = spec.tls ?? {};
  const asks = pem.clientCa !== undefined;
  const requires = requireClientCert ?? asks;
  return {
    id: digest(pem, minVersion, String(requires)),
    context: { cert: pem.certificate ?? '', key: pem.key, ca: pem.clientCa, minVersion: `TLSv${minVersion}` },
    asksForCertificate: asks,
    requiresCertificate: requires,
  };
}

function staticSecurity(tls: NonNullable<Version['tls']>, pem: TlsTexts): UpstreamSecurity {
  const { serverName, insecureSkipVerify } = tls;
  const context = createSecureContext({ ca: pem.ca, cert: pem.certificate, key: pem.key, minVersion: 'TLSv1.2' });
  const client: ClientTls = { context, serverName, verify: !insecureSkipVerify };
  return { id: digest(pem, serverName ?? '', String(insecureSkipVerify)), current: () => client };
}

/** Names what was read without showing it: keys are among it. */
function digest(pem: TlsTexts, ...more: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([pem.certificate, pem.key, pem.ca, pem.clientCa, ...more]))
    .digest('base64url');
}
