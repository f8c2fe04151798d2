/** The endpoints of one version with what is known of each: chooses among those that are available, the near ones first. */
import { Balancer } from '../../contracts/balancer.ts';
import type { Locality } from '../../contracts/balancer.ts';
import type { HealthCheck } from '../../contracts/health-check.ts';
import type { OutlierDetection } from '../../contracts/outlier-detection.ts';
import type { CircuitBreaker } from '../../contracts/circuit-breaker.ts';
import type { Resilience } from '../../contracts/resilience.ts';
import { ConnectionGate } from '../breaker/connection-gate.ts';
import type { Clock } from '../dataplane-api.ts';
import { Checker } from '../health/checker.ts';
import type { CheckSlots } from '../health/checker.ts';
import { newHealthState } from '../health/health-state.ts';
import type { HealthState } from '../health/health-state.ts';
import { Detector } from '../outliers/detector.ts';
import { newOutlierState } from '../outliers/outlier-state.ts';
import type { EjectionReason, OutlierState } from '../outliers/outlier-state.ts';
import type { Limit, Sharing } from '../shared/sharing.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import { levels } from './locality.ts';
import type { Draw, Member, Picker } from './member.ts';
import { buildPicker } from './picker.ts';

export type PoolMember = Member & {
  readonly endpoint: Endpoint;
  readonly pool: Pool;
  readonly outlier: OutlierState;
  readonly health: HealthState;
};

/** What a pool shares with the others of its data plane. */
export type PoolSurroundings = {
  readonly own: Locality | undefined;
  readonly draw: Draw;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly checkSlots: CheckSlots;
  readonly sharing: Sharing;
};

/** The version that it is of. */
export type Whose = { readonly service: string; readonly version: string };

/** What overflows: a full queue for connections, requests in flight, retries in flight. */
export type BreakerLimit = 'pending' | 'requests' | 'retries';

type PickedLevel = { readonly below: number; readonly picker: Picker<PoolMember>; readonly size: number };

const DEFAULT_BALANCER = Balancer.parse({});

/** How often a retry draws again to find another endpoint than the one that failed, before it takes what it gets. */
const REDRAWS = 3;

export class Pool {
  #members: readonly PoolMember[] = [];
  #balancer: Balancer | undefined;
  readonly #around: PoolSurroundings;
  readonly #whose: Whose;
  /** By which all workers know it. */
  readonly #key: string;
  #breakerSource = '';
  #checker: Checker<PoolMember> | undefined;
  #levels: readonly PickedLevel[] = [];
  breaker: CircuitBreaker | undefined;
  /** Attempts in flight that are allowed here; undefined: as many as come. */
  maxRequests: Limit | undefined;
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
  /** Health checks since start, by result. */
  readonly checks = { passed: 0, failed: 0 };
  /** Attempts in flight, all members together. */
  inFlight = 0;
  /** A level is below the panic threshold. */
  panic = false;

  constructor(around: PoolSurroundings, whose: Whose) {
    this.#around = around;
    this.#whose = whose;
    this.#key = `${whose.service}\n${whose.version}`;
  }

  get members(): readonly PoolMember[] {
    return this.#members;
  }

  /** The pool outlives configurations: requests on their way end in the pool in which they began. */
  configure(members: readonly PoolMember[], spec: Resilience): void {
    const before = this.#members;
    this.#members = members;
    this.#balancer = spec.balancer ?? DEFAULT_BALANCER;
    this.detector = spec.outlierDetection && this.#detectorOf(members, spec.outlierDetection);
    if (!this.detector) for (const { outlier } of members) Object.assign(outlier, newOutlierState());
    this.#checker?.stop();
    this.#checker = spec.healthCheck && this.#checkerOf(members, spec.healthCheck);
    if (!this.#checker) for (const { health } of members) Object.assign(health, newHealthState());
    this.rebuild();
    this.#limit(spec.circuitBreaker, before);
  }

  /** The version is gone: nothing is checked any more, and nobody waits. */
  close(): void {
    this.#checker?.stop();
    this.#checker = undefined;
    this.#limit(undefined, this.#members);
    this.#around.sharing.drop(`requests\n${this.#key}`);
  }

  /** A gate whose limits have not changed keeps its queue. */
  #limit(breaker: CircuitBreaker | undefined, before: readonly PoolMember[]): void {
    const source = JSON.stringify(breaker ?? null);
    this.gate?.unwatch(before);
    if (source !== this.#breakerSource) {
      this.gate?.open();
      this.gate = breaker && this.#gateOf(breaker);
      this.maxRequests = breaker && this.#limitRequests(breaker.maxRequests);
    }
    this.#breakerSource = source;
    this.breaker = breaker;
    this.gate?.watch(this.#members);
  }

  #gateOf(breaker: CircuitBreaker): ConnectionGate {
    const mayMove = (): boolean => this.#balancer?.hashOn === undefined;
    const { sharing } = this.#around;
    return new ConnectionGate({
      breaker,
      whose: this.#key,
      sharing,
      members: () => this.#members,
      bytesOpen: () => this.#bytesOpen,
      isAvailable,
      mayMove,
    });
  }

  #limitRequests(limit: number): Limit {
    return this.#around.sharing.limit({ key: `requests\n${this.#key}`, limit, own: () => this.inFlight });
  }

  #detectorOf(members: readonly PoolMember[], spec: OutlierDetection): Detector<PoolMember> {
    return new Detector(members, {
      spec,
      nowMs: this.#around.clock.nowMs(),
      chance: this.#chance,
      onChange: () => this.rebuild(),
      onEjected: ({ address, outlier: { ejections } }, reason, forMs) => {
        this.ejections[reason]++;
        this.rebuild();
        this.#around.sharing.ejected({ ...this.#whose, address, reason, forMs, ejections });
      },
    });
  }

  #checkerOf(members: readonly PoolMember[], spec: HealthCheck): Checker<PoolMember> {
    const { wheel, checkSlots, clock } = this.#around;
    return new Checker({
      spec,
      members,
      wheel,
      slots: checkSlots,
      chance: this.#chance,
      onResult: (member, passed, changed) => {
        this.checks[passed ? 'passed' : 'failed']++;
        if (!changed) return;
        if (passed) member.sinceMs = clock.nowMs();
        this.rebuild();
      },
    });
  }

  readonly #chance = (): number => this.#around.draw() / 0x1_0000_0000;

  /** After the availability of a member has changed. */
  rebuild(): void {
    const balancer = this.#balancer;
    if (balancer === undefined) return;
    const all = levels(this.#members, isAvailable, this.#around.own, balancer.panicThreshold);
    this.panic = all.some((level) => level.panic);
    let below = 0;
    this.#levels = all
      .filter((level) => level.share > 0 && level.members.length > 0)
      .map(({ members, share }) => ({
        below: (below += share * 0x1_0000_0000),
        picker: buildPicker(balancer, members, this.#around.draw),
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
    const point = this.#around.draw();
    return this.#levels.find((level) => point < level.below) ?? this.#levels.at(-1);
  }

  /** For an attempt that cannot wait. */
  hasRoom(endpoint: Endpoint): boolean {
    if (this.maxRequests && this.inFlight >= this.maxRequests.allowed) return false;
    return this.gate?.hasRoom(endpoint) ?? true;
  }

  begin(member: PoolMember): void {
    member.inFlight++;
    this.inFlight++;
  }

  end(member: PoolMember): void {
    member.inFlight--;
    this.inFlight--;
  }

  /** Connections that are passed on as bytes; they are no requests. */
  #bytesOpen = 0;

  hasRoomForBytes(): boolean {
    return this.gate?.hasRoomForBytes() ?? true;
  }

  beginBytes(member: PoolMember): void {
    member.inFlight++;
    this.#bytesOpen++;
  }

  endBytes(member: PoolMember): void {
    member.inFlight--;
    this.#bytesOpen--;
    this.gate?.onFreed();
  }

  /** The key of a connection, where the balancing hashes, can only be who asks. */
  get hashesOnSource(): boolean {
    return this.#balancer?.hashOn?.sourceIp === true;
  }
}

export function isAvailable({ outlier, health }: PoolMember): boolean {
  return health.healthy && outlier.ejectedUntilMs === undefined;
}
