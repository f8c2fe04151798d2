/** The proxies that are measured, each as a bare reverse proxy of one upstream on one core, with its own configuration. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Subject = {
  readonly name: string;
  /** The program to look for, and its arguments. */
  readonly command: string;
  readonly args: readonly string[];
};

export type Place = {
  /** Where configurations may be written. */
  readonly folder: string;
  readonly port: number;
  readonly upstreamPort: number;
};

const KEEP = 'keepalive_requests 1000000000; keepalive_timeout 600s;';

function nginxConfig(folder: string, server: string): string {
  return `daemon off; master_process off; pid ${folder}/nginx.pid; error_log ${folder}/nginx.log crit;
events { worker_connections 4096; }
http { access_log off; client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder};
uwsgi_temp_path ${folder}; scgi_temp_path ${folder}; ${KEEP} ${server} }
`;
}

function nginx(name: string, folder: string, server: string): Subject {
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, nginxConfig(folder, server));
  return { name, command: 'nginx', args: ['-p', folder, '-c', file] };
}

/** Answers every request with 100 bytes. */
export function upstream(folder: string, port: number): Subject {
  return nginx(
    'upstream',
    folder,
    `server { listen 127.0.0.1:${port} backlog=4096; location / { return 200 "${'x'.repeat(100)}"; } }`,
  );
}

export function nginxProxy({ folder, port, upstreamPort }: Place): Subject {
  const pool = `upstream u { server 127.0.0.1:${upstreamPort}; keepalive 128; ${KEEP} }`;
  const forward = 'proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection "";';
  return nginx('nginx', folder, `${pool} server { listen 127.0.0.1:${port} backlog=4096; location / { ${forward} } }`);
}

export function haproxy({ folder, port, upstreamPort }: Place): Subject {
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  http-reuse always
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  server s 127.0.0.1:${upstreamPort}
`,
  );
  return { name: 'haproxy', command: 'haproxy', args: ['-db', '-f', file] };
}

/** With router, retry policy, fault filter and its statistics, as a mesh would run it. */
export function envoy({ folder, port, upstreamPort }: Place): Subject {
  const address = (p: number) => ({ socket_address: { address: '127.0.0.1', port_value: p } });
  const http = 'type.googleapis.com/envoy.extensions.filters';
  const filters = ['fault', 'router'].map((name) => ({
    name: `envoy.filters.http.${name}`,
    typed_config: { '@type': `${http}.http.${name}.v3.${name === 'fault' ? 'HTTPFault' : 'Router'}` },
  }));
  const retry_policy = { retry_on: '5xx,reset,connect-failure', num_retries: 2 };
  const routes = [{ match: { prefix: '/' }, route: { cluster: 'u', retry_policy } }];
  const manager = {
    '@type': `${http}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'in',
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
    http_filters: filters,
  };
  const chain = { filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] };
  const endpoint = { lb_endpoints: [{ endpoint: { address: address(upstreamPort) } }] };
  const cluster = { name: 'u', type: 'STATIC', load_assignment: { cluster_name: 'u', endpoints: [endpoint] } };
  const listener = { name: 'in', address: address(port), filter_chains: [chain] };
  const file = join(folder, 'envoy.json');
  writeFileSync(file, JSON.stringify({ static_resources: { listeners: [listener], clusters: [cluster] } }));
  const args = ['-c', file, '--concurrency', '1', '--log-level', 'error', '--disable-hot-restart'];
  return { name: 'envoy', command: process.env['MESHPROOF_ENVOY'] ?? 'envoy', args };
}

/** A proxy from npm, in Node as ours is; MESHPROOF_NPM_PEERS names the folder that `npm install --prefix FOLDER` filled. */
export function npmProxy(name: string): (place: Place) => Subject {
  const folder = process.env['MESHPROOF_NPM_PEERS'] ?? '.';
  const main = join(import.meta.dirname, 'npm-proxy.js');
  const installed = existsSync(join(folder, 'node_modules', name, 'package.json'));
  return ({ port, upstreamPort }) => ({
    name,
    command: installed ? process.execPath : `${name} (MESHPROOF_NPM_PEERS)`,
    args: [main, name, folder, String(port), String(upstreamPort)],
  });
}

export function meshproof({ folder, port, upstreamPort }: Place): Subject {
  const apiVersion = 'meshproof.dev/v1';
  const documents = [
    {
      apiVersion,
      kind: 'Gateway',
      metadata: { name: 'edge' },
      spec: { listen: `127.0.0.1:${port}`, defaultService: 'bench' },
    },
    {
      apiVersion,
      kind: 'Service',
      metadata: { name: 'bench' },
      spec: { stable: 'v1', versions: { v1: { endpoints: [`127.0.0.1:${upstreamPort}`] } } },
    },
  ];
  const file = join(folder, 'mesh.yaml');
  writeFileSync(file, documents.map((d) => JSON.stringify(d)).join('\n---\n'));
  const bin = join(import.meta.dirname, '../../../bin/meshproof');
  return { name: 'meshproof', command: process.execPath, args: [bin, 'proxy', '-f', file, '--log-level', 'warn'] };
}
