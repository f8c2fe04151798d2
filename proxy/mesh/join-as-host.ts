/** A member of the mesh that carries no traffic: it takes overlays for the machine that it stands for. */
import { randomBytes, randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { BUILD } from '../build.ts';
import { MeshClient } from './client.ts';
import type { MeshClientOptions } from './client.ts';
import { HaltedRuns } from './halted-runs.ts';
import { MeshConfig } from './mesh-config.ts';
import { Reports } from './reports.ts';
import type { ReportsOptions } from './reports.ts';
import { wireUrl } from './wire-url.ts';

export type HostNode = {
  /** http://HOST:PORT of the control plane */
  readonly control: string;
  /** Obeys overlays, and counts what they did. */
  readonly faults: MeshClientOptions['dataplane'] & ReportsOptions['dataplane'];
  readonly log: Logger;
};

/**
 * Joins as `host-NAME_OF_THE_MACHINE` and stays until it is closed; looks for the control plane again whenever it is gone.
 * @returns sends the last counts, and leaves
 */
export function joinAsHost({ control, faults, log }: HostNode): { readonly close: () => Promise<void> } {
  const random = (): number => randomInt(1_001) / 1_000;
  const clock = { nowMs: () => performance.now() };
  return new MeshClient({
    url: wireUrl(control),
    node: { id: `host-${hostname()}`, role: 'host', gateways: [], pid: process.pid, build: BUILD },
    dataplane: faults,
    config: new MeshConfig({ apply: () => Promise.resolve() }, undefined, log, random),
    reports: new Reports({ dataplane: faults, clock, boot: randomBytes(6).toString('hex') }),
    haltedRuns: new HaltedRuns(),
    clock,
    log,
    random,
  });
}
