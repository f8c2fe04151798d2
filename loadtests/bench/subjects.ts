/** The proxies that are measured, each as a bare reverse proxy of one upstream on one core, with its own configuration. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingOf } from './setting.ts';

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
events { worker_connections 4096; multi_accept on; }
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
  return upstreamWith(folder, port, '', '');
}

/** @param listenOption, more - of nginx's configuration */
export function upstreamWith(folder: string, port: number, listenOption: string, more: string): Subject {
  const listen = `listen 127.0.0.1:${port} backlog=4096 ${listenOption};`;
  return nginx('upstream', folder, `server { ${listen} ${more} location / { return 200 "${'x'.repeat(100)}"; } }`);
}

/** @param more - of nginx's configuration of the location */
export function nginxProxyWith(scheme: 'http' | 'https', more: string): (place: Place) => Subject {
  return ({ folder, port, upstreamPort }) => {
    const pool = `upstream u { server 127.0.0.1:${upstreamPort}; keepalive 128; ${KEEP} }`;
    const forward = `proxy_pass ${scheme}://u; proxy_http_version 1.1; proxy_set_header Connection ""; ${more}`;
    const server = `server { listen 127.0.0.1:${port} backlog=4096; location / { ${forward} } }`;
    return nginx('nginx', folder, `${pool} ${server}`);
  };
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

/** A proxy from npm, in Node as ours is; MESHPROOF_NPM_PEERS names the folder that `npm install --prefix FOLDER` filled. */
export function npmProxy(name: string): (place: Place) => Subject {
  const folder = settingOf('MESHPROOF_NPM_PEERS', '.');
  const main = join(import.meta.dirname, 'npm-proxy.js');
  const installed = existsSync(join(folder, 'node_modules', name, 'package.json'));
  return ({ port, upstreamPort }) => ({
    name,
    command: installed ? process.execPath : `${name} (MESHPROOF_NPM_PEERS)`,
    args: [main, name, folder, String(port), String(upstreamPort)],
  });
}

/** @param more - of the version that it leads to */
export function meshproofWith(more: object): (place: Place) => Subject {
  return ({ folder, port, upstreamPort }) => {
    const document = (kind: string, name: string, spec: object): string =>
      JSON.stringify({ apiVersion: 'meshproof.dev/v1', kind, metadata: { name }, spec });
    const v1 = { endpoints: [`127.0.0.1:${upstreamPort}`], ...more };
    const documents = [
      document('Gateway', 'edge', { listen: `127.0.0.1:${port}`, defaultService: 'bench' }),
      document('Service', 'bench', { stable: 'v1', versions: { v1 } }),
    ];
    const file = join(folder, 'mesh.yaml');
    writeFileSync(file, documents.join('\n---\n'));
    const bin = join(import.meta.dirname, '../../../bin/meshproof');
    return { name: 'meshproof', command: process.execPath, args: [bin, 'proxy', '-f', file, '--log-level', 'warn'] };
  };
}
