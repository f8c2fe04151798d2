/** A sidecar with an identity from a file, for the benchmark: `sidecar.js FILE`. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { SourceDocument } from '../../contracts/document.ts';
import { Dataplane } from '../../proxy/dataplane.ts';
import { HaltSwitch } from '../../proxy/halt-switch.ts';
import type { Identity } from '../../proxy/identity/identity.ts';

export type SidecarConfig = {
  /** Beside whom it stands, in version v1. */
  readonly service: string;
  /** host:port */
  readonly outbound?: string;
  readonly identity: Identity;
  readonly documents: readonly SourceDocument[];
};

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
