/** The supervisor of `up` as a node of the mesh: it takes no traffic, and breaks processes for Chaos experiments. */
import { randomBytes, randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { MeshClient } from '../../proxy/mesh/client.ts';
import { HaltedRuns } from '../../proxy/mesh/halted-runs.ts';
import { MeshConfig } from '../../proxy/mesh/mesh-config.ts';
import { Reports } from '../../proxy/mesh/reports.ts';
import { wireUrl } from '../../proxy/mesh/wire-url.ts';
import { BUILD } from '../../proxy/build.ts';
import { HostFaults } from './host-faults.ts';
import type { Target } from './host-faults.ts';
import { press } from './press.ts';

const SWEEP_MS = 100;

export type HostOptions = {
  /** http://host:port of the control plane */
  readonly control: string;
  readonly logs: string;
  readonly targets: () => readonly Target[];
  readonly tell: (line: string) => void;
};

export class Host {
  readonly #faults: HostFaults;
  readonly #client: MeshClient;
  readonly #sweeper: NodeJS.Timeout;

  constructor({ control, logs, targets, tell }: HostOptions) {
    const log = pino({ name: 'host' }, pino.destination(join(logs, 'host.log')));
    const random = (): number => randomInt(1_000) / 1_000;
    const clock = { nowMs: () => performance.now() };
    this.#faults = new HostFaults({ targets, press, nowMs: clock.nowMs, tell });
    const faults = this.#faults;
    this.#client = new MeshClient({
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
    this.#sweeper = setInterval(() => faults.sweep(), SWEEP_MS);
  }

  /** Undoes everything, and leaves the mesh. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#faults.halt();
    await this.#client.close();
  }
}
