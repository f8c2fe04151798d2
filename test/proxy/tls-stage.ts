/** Two proxies with TLS between: the near one asks over TLS, the far one ends it before a plain endpoint. */
import { createHash, X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import type { SourceDocument } from '../../contracts/document.ts';
import type { Gateway } from './gateway.ts';
import { documentsOf, openGateway, portOf } from './gateway.ts';
import { onTestFinished } from 'vitest';
import type { Limits } from '../../proxy/runtime.ts';
import type { Script } from './scripted-upstream.ts';
import { get, upstreamThat } from './stage.ts';

export type TlsPair = {
  readonly near: Gateway;
  readonly far: Gateway;
  readonly upstream: Awaited<ReturnType<typeof upstreamThat>>;
};

type Tls = Readonly<Record<string, unknown>>;

export async function proxyOf(documents: SourceDocument[], limits: Partial<Limits> = {}): Promise<Gateway> {
  const gateway = await openGateway({ versions: { v1: [1] }, limits });
  onTestFinished(gateway.close);
  await gateway.dataplane.apply(2, documents);
  return { ...gateway, port: portOf(gateway.dataplane) };
}

export function withTls(port: number, kind: 'Gateway' | 'Service', tls: Tls, protocol?: 'http2'): SourceDocument[] {
  return documentsOf({ versions: { v1: [port] }, ...(protocol ? { protocol } : {}) }).map((d) => {
    if (d.kind !== kind) return d;
    if (kind === 'Gateway') return { ...d, spec: { ...d.spec, tls } };
    const versions = d.spec['versions'] as Record<string, object>;
    return { ...d, spec: { ...d.spec, versions: { v1: { ...versions['v1'], tls } } } };
  });
}

export async function tlsPair(script: Script, server: Tls, client: Tls, protocol?: 'http2'): Promise<TlsPair> {
  const upstream = await upstreamThat(script);
  const far = await proxyOf(withTls(upstream.port, 'Gateway', server));
  const near = await proxyOf(withTls(far.port, 'Service', client, protocol));
  return { near, far, upstream };
}

/** A client of its own that has shaken hands. */
export type Shaken = {
  /** Of the certificate that it was shown. */
  readonly print: string;
  readonly ask: () => Promise<string>;
};

/** Rejects when the handshake fails. */
export function shake(port: number, ca: string): Promise<Shaken> {
  const socket = connect({ host: '127.0.0.1', port, ca });
  onTestFinished(() => void socket.destroy());
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const raw = socket.getPeerX509Certificate();
      resolve({
        print: raw ? createHash('sha256').update(raw.raw).digest('hex') : '',
        ask: () =>
          new Promise((answered) => {
            socket.once('data', (bytes: Buffer) => answered(bytes.toString('latin1')));
            socket.write(get());
          }),
      });
    });
  });
}

export function printOf(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}
