/** Envoy with router, retry policy, fault filter and its statistics, as a mesh would run it; on one worker. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spiffeId } from '../../contracts/spiffe.ts';
import { TRUST_DOMAIN } from './certificates.ts';
import type { Certificates, Credentials } from './certificates.ts';
import { settingOf } from './setting.ts';
import type { Place, Subject } from './subjects.ts';

type Json = Readonly<Record<string, unknown>>;
export type EnvoyTls = {
  readonly certificates: Certificates;
  /** TLS to the upstream, as the caller; or from clients, as the service. */
  readonly towards: 'upstream' | 'clients';
};

const EXTENSIONS = 'type.googleapis.com/envoy.extensions';
const filterType = (name: string): string => `${EXTENSIONS}.filters.${name}`;

export function envoyWith(tls?: EnvoyTls): (place: Place) => Subject {
  return ({ folder, port, upstreamPort }) => {
    const file = join(folder, 'envoy.json');
    const clientTls = tls?.towards === 'clients' ? transport(tls.certificates, 'Downstream') : {};
    const upstreamTls = tls?.towards === 'upstream' ? transport(tls.certificates, 'Upstream') : {};
    const manager = tls?.towards === 'clients' ? { ...connectionManager(), ...TELLS_CALLER } : connectionManager();
    const chain = {
      filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }],
      ...clientTls,
    };
    const listener = { name: 'in', address: address(port), filter_chains: [chain] };
    const endpoint = { lb_endpoints: [{ endpoint: { address: address(upstreamPort) } }] };
    const load_assignment = { cluster_name: 'u', endpoints: [endpoint] };
    const cluster = { name: 'u', type: 'STATIC', load_assignment, ...upstreamTls };
    writeFileSync(file, JSON.stringify({ static_resources: { listeners: [listener], clusters: [cluster] } }));
    const args = ['-c', file, '--concurrency', '1', '--log-level', 'error', '--disable-hot-restart'];
    return { name: 'envoy', command: settingOf('MESHPROOF_ENVOY', 'envoy'), args };
  };
}

/** The application is told who calls, as ours is. */
const TELLS_CALLER = {
  forward_client_cert_details: 'SANITIZE_SET',
  set_current_client_cert_details: { uri: true },
};

function connectionManager(): Json {
  const filters = ['fault', 'router'].map((name) => ({
    name: `envoy.filters.http.${name}`,
    typed_config: { '@type': filterType(`http.${name}.v3.${name === 'fault' ? 'HTTPFault' : 'Router'}`) },
  }));
  const retry_policy = { retry_on: '5xx,reset,connect-failure', num_retries: 2 };
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'u', retry_policy } }];
  return {
    '@type': filterType('network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'in',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
    http_filters: filters,
  };
}

/** TLS 1.3 and certificates on both sides, each of which looks at the other's name. */
function transport({ ca, caller, service }: Certificates, side: 'Downstream' | 'Upstream'): Json {
  const [own, other]: readonly [Credentials, Credentials] = side === 'Upstream' ? [caller, service] : [service, caller];
  const matcher = { exact: spiffeId(TRUST_DOMAIN, other.name) };
  const common_tls_context = {
    tls_params: { tls_minimum_protocol_version: 'TLSv1_3', tls_maximum_protocol_version: 'TLSv1_3' },
    tls_certificates: [{ certificate_chain: { filename: own.certificate }, private_key: { filename: own.key } }],
    validation_context: { trusted_ca: { filename: ca }, match_typed_subject_alt_names: [{ san_type: 'URI', matcher }] },
  };
  const typed_config = {
    '@type': `${EXTENSIONS}.transport_sockets.tls.v3.${side}TlsContext`,
    common_tls_context,
    ...(side === 'Upstream' ? { sni: service.name } : { require_client_certificate: true }),
  };
  return { transport_socket: { name: 'envoy.transport_sockets.tls', typed_config } };
}

function address(port: number): Json {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}
