/** The supervisor of `up` as a node of the mesh: it takes no traffic, and breaks processes for Chaos experiments. */
import { join } from 'node:path';
import pino from 'pino';
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
  readonly #member: { readonly close: () => Promise<void> };
  readonly #sweeper: NodeJS.Timeout;

  private constructor(faults: HostFaults, member: { readonly close: () => Promise<void> }) {
    this.#faults = faults;
    this.#member = member;
    this.#sweeper = setInterval(() => faults.sweep(), SWEEP_MS);
  }

  /** Joins the mesh; does not wait for the control plane to answer. */
  static async start({ control, logs, targets, tell }: HostOptions): Promise<Host> {
    const log = pino({ name: 'host' }, pino.destination(join(logs, 'host.log')));
    const faults = new HostFaults({ targets, press, nowMs: () => performance.now(), tell });
    const { joinAsHost } = await import('../../proxy/main.ts');
    return new Host(faults, await joinAsHost({ control, faults, log }));
  }

  /** Undoes everything, and leaves the mesh. */
  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    this.#faults.halt();
    await this.#member.close();
  }
}
