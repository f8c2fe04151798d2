/** The pools of all versions. Members are kept across configurations by service, version and address. */
import type { Locality } from '../../contracts/balancer.ts';
import type { Resilience } from '../../contracts/resilience.ts';
import type { Endpoint as EndpointSpec } from '../../contracts/service.ts';
import { newHealthState } from '../health/health-state.ts';
import { newOutlierState } from '../outliers/outlier-state.ts';
import type { Runtime } from '../runtime.ts';
import type { Ejection } from '../shared/sharing.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { poolTotal } from './endpoint-view.ts';
import type { PoolTotal } from './endpoint-view.ts';
import { newMember } from './member.ts';
import { Pool } from './pool.ts';
import type { PoolMember, PoolSurroundings } from './pool.ts';

type Kept = { readonly source: string; readonly service: string; readonly version: string; readonly pool: Pool };

/** Health checks under way at once. */
const CHECKS_AT_ONCE = 64;

export class PoolTable {
  readonly #runtime: Runtime;
  readonly #around: PoolSurroundings;
  readonly #pools = new Map<string, Kept>();

  constructor(runtime: Runtime, own: Locality | undefined) {
    this.#runtime = runtime;
    const { clock, wheel, sharing } = runtime;
    this.#around = {
      own,
      clock,
      wheel,
      draw: () => runtime.random.uint32(),
      sharing,
      checkSlots: { free: CHECKS_AT_ONCE },
    };
    sharing.onEjected = (ejection) => this.#adopt(ejection);
  }

  totals(): PoolTotal[] {
    return [...this.#pools.values()].map(({ service, version, pool }) => poolTotal(service, version, pool));
  }

  /** The version's pool, with what is known of the endpoints that go on; untouched where nothing has changed. */
  pool(
    service: string,
    version: string,
    specs: readonly EndpointSpec[],
    resilience: Resilience,
    endpointOf: (address: string) => Endpoint,
  ): Pool {
    const key = `${service}\n${version}`;
    const source = JSON.stringify([specs, resilience]);
    const kept = this.#pools.get(key);
    const pool = kept?.pool ?? new Pool(this.#around, { service, version });
    const endpoints = specs.map((spec) => ({ spec, endpoint: endpointOf(spec.address) }));
    if (kept?.source === source && sameEndpoints(pool, endpoints)) return pool;
    const members = endpoints.map(({ spec, endpoint }) => {
      const known = pool.members.find((m) => m.endpoint === endpoint) ?? this.#newMember(spec.address, endpoint, pool);
      return Object.assign(known, { weight: spec.weight, locality: spec.locality });
    });
    pool.configure(members, resilience);
    this.#pools.set(key, { source, service, version, pool });
    return pool;
  }

  /** Another Endpoint for a known address (its time-outs have changed) goes on with what is known of the address. */
  #newMember(address: string, endpoint: Endpoint, pool: Pool): PoolMember {
    const before = pool.members.find((m) => m.address === address);
    return {
      ...newMember(address, before?.sinceMs ?? this.#runtime.clock.nowMs()),
      endpoint,
      pool,
      outlier: before?.outlier ?? newOutlierState(),
      health: before?.health ?? newHealthState(),
    };
  }

  #adopt({ service, version, address, forMs, ejections }: Ejection): void {
    const pool = this.#pools.get(`${service}\n${version}`)?.pool;
    const member = pool?.members.find((m) => m.address === address);
    if (member) pool?.detector?.adopt(member, forMs, ejections, this.#runtime.clock.nowMs());
  }

  /** Once a second. */
  sweep(nowMs: number): void {
    for (const { pool } of this.#pools.values()) pool.detector?.sweep(nowMs);
  }

  close(): void {
    for (const { pool } of this.#pools.values()) pool.close();
  }

  /** Forgets the pools of versions that are gone. */
  keepOnly(inUse: ReadonlySet<Pool>): void {
    for (const [key, { pool }] of this.#pools) {
      if (inUse.has(pool)) continue;
      pool.close();
      this.#pools.delete(key);
    }
  }
}

function sameEndpoints(pool: Pool, wanted: readonly { readonly endpoint: Endpoint }[]): boolean {
  return wanted.every(({ endpoint }, i) => pool.members[i]?.endpoint === endpoint);
}
