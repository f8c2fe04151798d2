/** Proxies with mTLS to their upstream, and that upstream; and the sidecars of a mesh with mTLS between them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CALLER, SERVICE, TRUST_DOMAIN } from './certificates.ts';
import type { Certificates, Credentials } from './certificates.ts';
import { envoyWith } from './envoy.ts';
import type { Chain, Maker } from './chains.ts';
import type { SidecarConfig } from './sidecar.ts';
import { meshproofWith, nginxProxyWith, upstreamWith } from './subjects.ts';
import type { Place, Subject } from './subjects.ts';

const VERSION = 'TLSv1.3';

/** Answers as `upstream` does, to clients whose certificate the authority signed. */
export function securedUpstream({ ca, service }: Certificates, folder: string, port: number): Subject {
  const tls = `ssl_protocols ${VERSION}; ssl_certificate ${service.certificate}; ssl_certificate_key ${service.key};`;
  return upstreamWith(folder, port, 'ssl', `${tls} ssl_verify_client on; ssl_client_certificate ${ca};`);
}

/** One worker each: plaintext from the client, mTLS to the upstream. */
export function mtlsUpstream(certificates: Certificates): readonly Chain[] {
  const { ca, caller, service } = certificates;
  const ssl = `proxy_ssl_protocols ${VERSION}; proxy_ssl_certificate ${caller.certificate};
proxy_ssl_certificate_key ${caller.key}; proxy_ssl_trusted_certificate ${ca}; proxy_ssl_verify on;
proxy_ssl_server_name on; proxy_ssl_name ${service.name};`;
  const tls = { ca, serverName: service.name, certificate: caller.certificate, key: caller.key };
  return [
    { name: 'nginx', hops: [nginxProxyWith('https', ssl)] },
    { name: 'meshproof', hops: [meshproofWith({ tls })] },
    { name: 'envoy', hops: [envoyWith({ certificates, towards: 'upstream' })] },
  ];
}

/** Client, sidecar, mTLS, sidecar, application. */
export function sidecarPairs(certificates: Certificates): readonly Chain[] {
  return [
    { name: 'meshproof', hops: [sidecar(certificates, 'outbound'), sidecar(certificates, 'inbound')] },
    {
      name: 'envoy',
      hops: [envoyWith({ certificates, towards: 'upstream' }), envoyWith({ certificates, towards: 'clients' })],
    },
  ];
}

function sidecar(certificates: Certificates, side: 'outbound' | 'inbound'): Maker {
  return ({ folder, port, upstreamPort }: Place) => {
    const isOutbound = side === 'outbound';
    const own = isOutbound ? certificates.caller : certificates.service;
    const here = `127.0.0.1:${port}`;
    const behind = `127.0.0.1:${upstreamPort}`;
    const service = (name: string, v1: object) => ({
      apiVersion: 'meshproof.dev/v1',
      kind: 'Service',
      metadata: { name },
      spec: { stable: 'v1', versions: { v1 } },
    });
    const config: SidecarConfig = {
      service: own.name,
      ...(isOutbound ? { outbound: here } : {}),
      identity: identityOf(own, certificates.ca),
      documents: [
        service(CALLER, { endpoints: ['127.0.0.1:1'] }),
        service(SERVICE, { endpoints: [behind], inbound: isOutbound ? behind : here }),
      ],
    };
    const file = join(folder, 'sidecar.json');
    writeFileSync(file, JSON.stringify(config), { mode: 0o600 });
    return { name: 'meshproof', command: process.execPath, args: [join(import.meta.dirname, 'sidecar.js'), file] };
  };
}

function identityOf({ name, certificate, key }: Credentials, ca: string): SidecarConfig['identity'] {
  const [ownPem, keyPem, bundle] = [certificate, key, ca].map((file) => readFileSync(file, 'utf8'));
  return {
    trustDomain: TRUST_DOMAIN,
    name,
    certificate: ownPem ?? '',
    key: keyPem ?? '',
    bundle: bundle ?? '',
  };
}
