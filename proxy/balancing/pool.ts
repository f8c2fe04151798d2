/** The endpoints of one version with what is known of each: chooses among those that are available, the near ones first. */
import { Balancer } from '../../contracts/balancer.ts';
import type { Locality } from '../../contracts/balancer.ts';
import type { OutlierDetection } from '../../contracts/outlier-detection.ts';
import type { CircuitBreaker } from '../../contracts/circuit-breaker.ts';
import type { Resilience } from '../../contracts/resilience.ts';
import { ConnectionGate } from '../breaker/connection-gate.ts';
import { Detector } from '../outliers/detector.ts';
import { newOutlierState } from '../outliers/outlier-state.ts';
import type { EjectionReason, OutlierState } from '../outliers/outlier-state.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { levels } from './locality.ts';
import type { Draw, Member, Picker } from './member.ts';
import { buildPicker } from './picker.ts';

export type PoolMember = Member & {
  readonly endpoint: Endpoint;
  readonly pool: Pool;
  readonly outlier: OutlierState;
};

/** What overflows: a full queue for connections, requests in flight, retries in flight. */
export type BreakerLimit = 'pending' | 'requests' | 'retries';

type PickedLevel = { readonly below: number; readonly picker: Picker<PoolMember>; readonly size: number };

const DEFAULT_BALANCER = Balancer.parse({});

/** How often a retry draws again to find another endpoint than the one that failed, before it takes what it gets. */
const REDRAWS = 3;

export class Pool {
  #members: readonly PoolMember[] = [];
  #balancer: Balancer | undefined;
  readonly #own: Locality | undefined;
  readonly #draw: Draw;
  #levels: readonly PickedLevel[] = [];
  breaker: CircuitBreaker | undefined;
  gate: ConnectionGate | undefined;
  /** Since start: how often a limit of the circuit breaker was met. */
  readonly overflows: Record<BreakerLimit, number> = { pending: 0, requests: 0, retries: 0 };
  /** Where outliers are looked for. */
  detector: Detector<PoolMember> | undefined;
  /** Since start, by reason. */
  readonly ejections: Record<EjectionReason, number> = {
    'consecutive-5xx': 0,
    'consecutive-gateway-error': 0,
    'success-rate': 0,
  };
  /** Attempts in flight, all members together. */
  inFlight = 0;
  /** A level is below the panic threshold. */
  panic = false;

  constructor(own: Locality | undefined, draw: Draw) {
    this.#own = own;
    this.#draw = draw;
  }

  get members(): readonly PoolMember[] {
    return this.#members;
  }

  /** The pool outlives configurations: requests on their way end in the pool in which they began. */
  configure(members: readonly PoolMember[], spec: Resilience, nowMs: number): void {
    const { balancer, outlierDetection, circuitBreaker } = spec;
    const before = this.#members.map((m) => m.endpoint);
    this.#members = members;
    this.#balancer = balancer ?? DEFAULT_BALANCER;
    this.detector = outlierDetection && this.#detectorOf(members, outlierDetection, nowMs);
    if (!this.detector) for (const member of members) Object.assign(member.outlier, newOutlierState());
    this.rebuild();
    this.breaker = circuitBreaker;
    this.gate?.open(before);
    this.gate = circuitBreaker && this.#gateOf(circuitBreaker);
    this.gate?.watch(members.map((m) => m.endpoint));
  }

  #gateOf(breaker: CircuitBreaker): ConnectionGate {
    const mayMove = (): boolean => this.#balancer?.hashOn === undefined;
    return new ConnectionGate({ breaker, members: () => this.#members, isAvailable, mayMove });
  }

  #detectorOf(members: readonly PoolMember[], spec: OutlierDetection, nowMs: number): Detector<PoolMember> {
    return new Detector(members, {
      spec,
      nowMs,
      chance: () => this.#draw() / 0x1_0000_0000,
      onChange: (reason) => {
        if (reason) this.ejections[reason]++;
        this.rebuild();
      },
    });
  }

  /** After the availability of a member has changed. */
  rebuild(): void {
    const balancer = this.#balancer;
    if (balancer === undefined) return;
    const all = levels(this.#members, isAvailable, this.#own, balancer.panicThreshold);
    this.panic = all.some((level) => level.panic);
    let below = 0;
    this.#levels = all
      .filter((level) => level.share > 0 && level.members.length > 0)
      .map(({ members, share }) => ({
        below: (below += share * 0x1_0000_0000),
        picker: buildPicker(balancer, members, this.#draw),
        size: members.length,
      }));
  }

  /**
   * @param hash - of the request's key; undefined: by chance
   * @param failed - not this one again, where there is another
   * @returns undefined when no endpoint is available
   */
  choose(nowMs: number, hash: number | undefined, failed: Endpoint | undefined): PoolMember | undefined {
    const level = this.#level();
    if (level === undefined) return undefined;
    let member = level.picker.pick(nowMs, hash);
    for (let i = 0; i < REDRAWS && failed !== undefined && member?.endpoint === failed && level.size > 1; i++) {
      member = level.picker.pick(nowMs, undefined);
    }
    return member;
  }

  #level(): PickedLevel | undefined {
    const [first] = this.#levels;
    if (first === undefined || this.#levels.length === 1) return first;
    const point = this.#draw();
    return this.#levels.find((level) => point < level.below) ?? this.#levels.at(-1);
  }

  begin(member: PoolMember): void {
    member.inFlight++;
    this.inFlight++;
  }

  end(member: PoolMember): void {
    member.inFlight--;
    this.inFlight--;
  }
}

export function isAvailable({ outlier }: PoolMember): boolean {
  return outlier.ejectedUntilMs === undefined;
}
