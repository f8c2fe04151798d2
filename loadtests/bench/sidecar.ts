/** A sidecar with an identity from a file, for the benchmark: `sidecar.js FILE`. Its heap is that of `meshproof proxy`. */
import type { SourceDocument } from '../../contracts/document.ts';
import { keepHeapSmall } from '../../proxy/heap.ts';
import type { Identity } from '../../proxy/identity/identity.ts';

export type SidecarConfig = {
  /** Beside whom it stands, in version v1. */
  readonly service: string;
  /** host:port */
  readonly outbound?: string;
  readonly identity: Identity;
  readonly documents: readonly SourceDocument[];
};

keepHeapSmall();
const { randomInt } = await import('node:crypto');
const { readFileSync } = await import('node:fs');
const { Dataplane } = await import('../../proxy/dataplane.ts');
const { HaltSwitch } = await import('../../proxy/halt-switch.ts');

const { service, outbound, identity, documents } = JSON.parse(
  readFileSync(process.argv[2] ?? '', 'utf8'),
) as SidecarConfig;
const dataplane = new Dataplane({
  source: `${service}-v1`,
  gateways: [],
  beside: { service, version: 'v1' },
  ...(outbound === undefined ? {} : { outbound }),
  identity: {
    current: () => identity,
    state: () => ({ name: identity.name, leftMs: null, issued: 0, failed: 0 }),
    onChange: () => {},
  },
  halt: new HaltSwitch(),
  clock: { nowMs: () => performance.now() },
  seed: randomInt(2 ** 32),
});
await dataplane.apply(1, documents);
process.on('SIGTERM', () => void dataplane.drain(0));
