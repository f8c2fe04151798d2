/** A real data plane on an ephemeral port, with a clock that the test may hold. */
import type { SourceDocument } from '../../contracts/document.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import { Dataplane } from '../../proxy/dataplane.ts';
import type { DataplaneOptions } from '../../proxy/dataplane.ts';
import { HaltSwitch } from '../../proxy/halt-switch.ts';
import type { Limits } from '../../proxy/runtime.ts';

/** A clock that stands still until it is moved. */
export class HeldClock {
  #nowMs = 1_000_000;

  readonly nowMs = (): number => this.#nowMs;

  move(ms: number): void {
    this.#nowMs += ms;
  }
}

export type Setup = {
  /** Version to endpoint ports; the first is stable. */
  readonly versions: Readonly<Record<string, readonly number[]>>;
  /** Of the endpoints of every version. */
  readonly protocol?: 'http1' | 'http2' | 'grpc';
  /** Of the service, as a person writes it. */
  readonly resilience?: Record<string, unknown>;
  /** The rules of the route, as a person writes them. */
  readonly rules?: readonly Record<string, unknown>[];
  readonly faults?: readonly Record<string, unknown>[];
  readonly clock?: HeldClock;
  readonly limits?: Partial<Limits>;
  readonly options?: Partial<DataplaneOptions>;
};

export type Gateway = {
  readonly dataplane: Dataplane;
  readonly port: number;
  readonly close: () => Promise<void>;
};

export async function openGateway(setup: Setup): Promise<Gateway> {
  const dataplane = new Dataplane({
    source: 'edge',
    gateways: 'all',
    halt: new HaltSwitch(),
    clock: setup.clock ?? { nowMs: () => performance.now() },
    seed: 7,
    ...(setup.limits ? { limits: setup.limits } : {}),
    ...setup.options,
  });
  await dataplane.apply(1, documentsOf(setup));
  return { dataplane, port: portOf(dataplane), close: () => dataplane.drain(0) };
}

export function portOf(dataplane: Dataplane): number {
  return Number(dataplane.config().listeners[0]?.address.split(':').at(-1));
}

const apiVersion = 'meshproof.dev/v1';

export function documentsOf({ versions, rules, faults = [], resilience, protocol = 'http1' }: Setup): SourceDocument[] {
  const stable = Object.keys(versions)[0] ?? 'v1';
  const endpoints = Object.entries(versions).map(([v, ports]) => [
    v,
    { endpoints: ports.map((p) => `127.0.0.1:${p}`), protocol },
  ]);
  return [
    {
      apiVersion,
      kind: 'Gateway',
      metadata: { name: 'edge' },
      spec: { listen: '127.0.0.1:0', defaultService: 'shop' },
    },
    {
      apiVersion,
      kind: 'Service',
      metadata: { name: 'shop' },
      spec: { stable, versions: Object.fromEntries(endpoints), ...(resilience ? { resilience } : {}) },
    },
    ...(rules ? [{ apiVersion, kind: 'Route', metadata: { name: 'shop' }, spec: { service: 'shop', rules } }] : []),
    ...faults.map((spec, i) => ({
      apiVersion,
      kind: 'Fault',
      metadata: { name: `fault-${i + 1}` },
      spec: { service: 'shop', ...spec },
    })),
  ];
}

export function overlay(changes: Partial<Overlay> = {}): Overlay {
  return {
    experimentId: 'run-1',
    experiment: 'shop-v2',
    epoch: 1,
    service: 'shop',
    baseline: 'v1',
    candidate: 'v2',
    candidatePpm: 1_000_000,
    shield: false,
    seed: 1,
    leaseMs: 10_000,
    ...changes,
  };
}
