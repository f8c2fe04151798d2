/** Two proxies with TLS between: the near one asks over TLS, the far one ends it before a plain endpoint. */
import type { SourceDocument } from '../../contracts/document.ts';
import type { Gateway } from './gateway.ts';
import { documentsOf, openGateway, portOf } from './gateway.ts';
import { onTestFinished } from 'vitest';
import type { Limits } from '../../proxy/runtime.ts';
import type { Script } from './scripted-upstream.ts';
import { upstreamThat } from './stage.ts';

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
