/** A service behind its sidecar, and callers with identities of one mesh. */
import { onTestFinished } from 'vitest';
import type { SourceDocument } from '../../contracts/document.ts';
import { spiffeId } from '../../contracts/spiffe.ts';
import { Dataplane } from '../../proxy/dataplane.ts';
import type { Clock } from '../../proxy/dataplane-api.ts';
import { HaltSwitch } from '../../proxy/halt-switch.ts';
import type { Identity, IdentitySource } from '../../proxy/identity/identity.ts';
import type { TestAuthority, Wish } from './certificates.ts';

const DOMAIN = 'test.mesh';
const apiVersion = 'meshproof.dev/v1';

export type Held = IdentitySource & { readonly set: (identity: Identity | undefined) => void };

export function held(first?: Identity): Held {
  let now = first;
  const source: Held = {
    current: () => now,
    state: () => ({ name: now?.name ?? '', leftMs: null, issued: 0, failed: 0 }),
    onChange: () => {},
    set: (identity) => {
      now = identity;
      source.onChange();
    },
  };
  return source;
}

export async function identityOf(authority: TestAuthority, name: string, wish: Wish = {}): Promise<Identity> {
  const signed = await authority.sign({ names: [{ type: 'url', value: spiffeId(DOMAIN, name) }], ...wish });
  return { trustDomain: DOMAIN, name, ...signed, bundle: authority.pem };
}

export type Meshed = {
  readonly inbound: string;
  readonly endpoint: number;
  readonly mtls?: 'strict' | 'permissive' | 'off';
  readonly protocol?: 'http1' | 'http2';
  readonly policy?: Record<string, unknown>;
};

/** Service `shop`, and the callers that policies speak of. */
export function meshDocuments({ inbound, endpoint, mtls, protocol = 'http1', policy }: Meshed): SourceDocument[] {
  const service = (name: string, spec: Record<string, unknown>): SourceDocument => ({
    apiVersion,
    kind: 'Service',
    metadata: { name },
    spec,
  });
  const caller = { stable: 'v1', versions: { v1: { endpoints: ['127.0.0.1:1'] } } };
  const v1 = { endpoints: [`127.0.0.1:${endpoint}`], inbound, protocol };
  return [
    service('shop', { stable: 'v1', versions: { v1 }, ...(mtls ? { mtls } : {}) }),
    service('checkout', caller),
    service('spy', caller),
    ...(policy
      ? [{ apiVersion, kind: 'AccessPolicy', metadata: { name: 'shop' }, spec: { service: 'shop', ...policy } }]
      : []),
  ];
}

export type Sidecar = { readonly dataplane: Dataplane; readonly outbound: string; readonly inbound: string };

/** A sidecar beside `service` v1. @param documents - given where it takes what comes in, for port 0 */
export async function sidecarOf(
  service: string,
  identity: IdentitySource | undefined,
  documents: SourceDocument[],
  clock: Clock = { nowMs: () => performance.now() },
): Promise<Sidecar> {
  const dataplane = new Dataplane({
    source: `${service}-sidecar`,
    gateways: [],
    outbound: '127.0.0.1:0',
    beside: { service, version: 'v1' },
    ...(identity ? { identity } : {}),
    halt: new HaltSwitch(),
    clock,
    seed: 7,
  });
  onTestFinished(() => dataplane.drain(0));
  await dataplane.apply(1, documents);
  const at = (name: string): string => dataplane.config().listeners.find((l) => l.name === name)?.address ?? '';
  return { dataplane, outbound: at('outbound'), inbound: at('inbound') };
}

export function portIn(address: string): number {
  return Number(address.split(':').at(-1));
}
