/** Joins a mesh: as a proxy, or as a machine on which experiments may break processes. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import type { NodeInfo } from '../../contracts/wire.ts';
import { BUILD } from '../build.ts';
import type { DataplaneApi } from '../dataplane-api.ts';
import type { MeshIdentity } from '../identity/mesh-identity.ts';
import { clock, share } from '../process.ts';
import { MeshClient } from './client.ts';
import type { MeshClientOptions } from './client.ts';
import { HaltedRuns } from './halted-runs.ts';
import { MeshConfig } from './mesh-config.ts';
import { Reports } from './reports.ts';
import type { ReportsOptions } from './reports.ts';
import { snapshotStore } from './snapshot-store.ts';
import { wireUrl } from './wire-url.ts';

/** Obeys overlays, and counts what they did. */
type Obedient = MeshClientOptions['dataplane'] & ReportsOptions['dataplane'];

export type ProxyMember = {
  /** http://HOST:PORT of the control plane */
  readonly control: string;
  readonly node: Omit<NodeInfo, 'pid' | 'build'>;
  readonly dataplane: DataplaneApi;
  /** Absent: it has no token. */
  readonly identity: MeshIdentity | undefined;
  /** Where the last good configuration is kept; nowhere without it. */
  readonly dataDir: string | undefined;
  readonly log: Logger;
};

export type HostMember = { readonly control: string; readonly faults: Obedient; readonly log: Logger };

/**
 * Takes up what was kept, and then keeps a connection to the control plane, until it is closed.
 * @throws MeshproofError REQUEST_INVALID when `control` is no address
 */
export async function joinMesh(member: ProxyMember): Promise<MeshClient> {
  const { control, node, dataplane, identity, dataDir, log } = member;
  const url = wireUrl(control);
  const store = dataDir === undefined ? undefined : snapshotStore(dataDir, log);
  const config = new MeshConfig(dataplane, store, log, share);
  await config.restore();
  return connect({ url, node, dataplane, config, identity, log });
}

/**
 * Joins as `host-NAME_OF_THE_MACHINE`, which carries no traffic. Does not wait for the control plane to answer.
 * @throws MeshproofError REQUEST_INVALID when `control` is no address
 */
export function joinAsHost({ control, faults, log }: HostMember): MeshClient {
  const node = { id: `host-${hostname()}`, role: 'host' as const, gateways: [] };
  const config = new MeshConfig({ apply: () => Promise.resolve() }, undefined, log, share);
  return connect({ url: wireUrl(control), node, dataplane: faults, config, identity: undefined, log });
}

type Membership = Pick<MeshClientOptions, 'url' | 'config' | 'identity' | 'log'> & {
  readonly node: ProxyMember['node'];
  readonly dataplane: Obedient;
};

function connect({ node, dataplane, ...rest }: Membership): MeshClient {
  return new MeshClient({
    ...rest,
    dataplane,
    node: { ...node, pid: process.pid, build: BUILD },
    reports: new Reports({ dataplane, clock, boot: randomBytes(6).toString('hex') }),
    haltedRuns: new HaltedRuns(),
    clock,
    random: share,
  });
}
