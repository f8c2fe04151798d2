/** The faults in force: each under a lease on our own clock, counted, and repeatable by its seed. */
import type { FaultDocument } from '../../contracts/document.ts';
import type { FaultSpec } from '../../contracts/fault.ts';
import type { Cap, CapName } from './caps/cap.ts';
import { FirstRequests } from './first-requests.ts';
import type { FaultType, PlannedFault } from './kind.ts';
import { FAULT_KINDS } from './kinds.ts';
import { TCP_FAULT_KINDS } from './tcp/kinds.ts';
import type { PlannedTcpFault } from './tcp/stage.ts';
import type { PlannedTlsFault } from './tls/kind.ts';
import { TLS_FAULT_KINDS } from './tls/kinds.ts';
import type { FaultTotal, SparedTotal } from '../dataplane-api.ts';
import type { RequestHead } from '../http1/head.ts';
import type { Exchange } from '../exchange.ts';
import { stickyPoint } from '../filters/sticky.ts';
import { compileMatch } from '../plan/match.ts';
import type { Predicate } from '../plan/match.ts';
import { hashText, mix, ppmOf } from '../random.ts';
import type { Runtime } from '../runtime.ts';

/** The time that a request, or its rival, waits in the faults of one level together. */
export type Wait = {
  readonly startMs: number;
  totalMs: number;
  /** Waits for so long from now on, instead. */
  readonly waitFor: (ms: number) => void;
};

export class ActiveFault {
  readonly name: string;
  readonly spec: FaultSpec;
  readonly #runtime: Runtime;
  readonly #matches: Predicate | undefined;
  readonly #generation: number;
  readonly #seed: number;
  /** True when requests may wait in it. */
  readonly waits: boolean;
  /** True when it is certain to meet each request that it draws; else it depends on the answer. */
  readonly actsBefore: boolean;
  readonly actsOnAnswer: boolean;
  /** What the document asks for, in the order in which it acts. */
  readonly planned: readonly PlannedFault[];
  /** What it asks for on connections; then it asks for nothing on requests. */
  readonly plannedTcp: readonly PlannedTcpFault[];
  /** What it asks for on handshakes; then it asks for nothing else. */
  readonly plannedTls: readonly PlannedTlsFault[];
  /** What it touches at most: those of its document, and of its experiment. */
  readonly caps: readonly Cap[];
  /** Requests that a cap kept from meeting it. */
  readonly #spared = new Map<CapName, number>();
  readonly #counts = new Map<FaultType, number>();
  readonly #first: FirstRequests | undefined;
  /** Who waits in this fault: exchanges, and rivals of hedged ones. */
  readonly #held = new Map<object, { readonly ownMs: number; readonly wait: Wait }>();
  #expiresAtMs = 0;
  /** Requests that this fault has looked at: the identity of a request that brings none of its own. */
  #ordinal = 0;
  /** Requests that met this fault. */
  met = 0;

  constructor(runtime: Runtime, document: FaultDocument, caps: readonly Cap[] = []) {
    this.name = document.metadata.name;
    this.caps = caps;
    for (const { name } of caps) this.#spared.set(name, 0);
    this.spec = document.spec;
    this.#runtime = runtime;
    this.#matches = compileMatch(document.spec.match);
    this.#generation = runtime.halt.generation;
    this.#seed = hashText(document.metadata.name, document.spec.seed);
    this.planned = FAULT_KINDS.flatMap((kind) => kind(document.spec) ?? []);
    const { tcp, tls } = document.spec;
    this.plannedTcp = tcp === undefined ? [] : TCP_FAULT_KINDS.flatMap((kind) => kind(tcp) ?? []);
    this.plannedTls = tls === undefined ? [] : TLS_FAULT_KINDS.flatMap((kind) => kind(tls) ?? []);
    this.actsBefore = this.planned.some((act) => !act.respond || act.request !== undefined);
    this.actsOnAnswer = this.planned.some((act) => act.respond !== undefined);
    this.waits = this.planned.some((act) => act.delayMs !== undefined || act.hangs === true);
    this.#first = document.spec.first && new FirstRequests(document.spec.first);
    this.renew();
  }

  renew(): void {
    this.#expiresAtMs = this.#runtime.clock.nowMs() + this.spec.lease;
  }

  get leaseLeftMs(): number {
    return Math.max(0, this.#expiresAtMs - this.#runtime.clock.nowMs());
  }

  get active(): boolean {
    return this.#generation === this.#runtime.halt.generation && this.#runtime.clock.nowMs() < this.#expiresAtMs;
  }

  /**
   * Whether this request meets the fault. The answer is a hash of the seed, the fault's name and the request's identity
   * (x-request-id, or the how-manieth request it is): a replay of the same requests meets the same faults. Each attempt
   * of a request is drawn for itself, or a retry could never heal what a fault of 10 percent broke.
   * @param attempt - 0 at request level, then 1, 2, …
   * @param who - stands for the request where caps ask who is under the fault
   * @returns 32 bits of randomness for what the fault does, or -1: the request does not meet it
   */
  draw(head: RequestHead, version: string | undefined, attempt: number, who: object): number {
    const { spec } = this;
    if (!this.active) return -1;
    if (spec.version !== undefined && spec.version !== version) return -1;
    if (this.#matches !== undefined && !this.#matches(head)) return -1;
    for (const cap of this.caps) cap.look?.();
    const ordinal = this.#ordinal++;
    const id = head.get('x-request-id');
    const hash = id === undefined ? mix(this.#seed ^ mix(ordinal)) : hashText(id, mix(this.#seed + attempt));
    // A user's fate is the same in each attempt of each request; what the fault does to it is drawn as ever.
    const point = stickyPoint(head, spec.sticky, this.#seed) ?? ppmOf(hash);
    if (point >= spec.percent || this.#first?.isOver(head) === true || this.#isCapped(who)) return -1;
    return mix(hash ^ DRAW_SALT);
  }

  /** As `draw`, for the how-manieth connection it is, which meets it at once. */
  drawConnection(version: string, who: object): number {
    const { spec } = this;
    if (!this.active) return -1;
    if (spec.version !== undefined && spec.version !== version) return -1;
    for (const cap of this.caps) cap.look?.();
    const hash = mix(this.#seed ^ mix(this.#ordinal++));
    if (ppmOf(hash) >= spec.percent || this.#isCapped(who)) return -1;
    this.#take(who);
    return mix(hash ^ DRAW_SALT);
  }

  #isCapped(who: object): boolean {
    for (const { name, hasRoom } of this.caps) {
      if (hasRoom(who)) continue;
      this.#spared.set(name, (this.#spared.get(name) ?? 0) + 1);
      return true;
    }
    return false;
  }

  #take(who: object): void {
    this.met++;
    for (const cap of this.caps) cap.take(who);
  }

  /** A request meets it. */
  meet(exchange: Exchange): void {
    exchange.faults++;
    this.#take(exchange);
  }

  /** The request, or the connection, is over. */
  leave(who: object): void {
    for (const cap of this.caps) cap.leave?.(who);
  }

  count(type: FaultType): void {
    this.#counts.set(type, (this.#counts.get(type) ?? 0) + 1);
  }

  /**
   * Called when the fault is about to change an answer, which is only then certain.
   * @returns false: it is over, or has met as many requests as it may; nothing is to be changed
   */
  act(exchange: Exchange, type: FaultType): boolean {
    if (!this.active) return false;
    if (!this.actsBefore) {
      if (this.#isCapped(exchange)) return false;
      this.meet(exchange);
    }
    this.count(type);
    return true;
  }

  /** It waits in this fault for `ownMs` of the wait. */
  hold(who: object, ownMs: number, wait: Wait): void {
    this.#held.set(who, { ownMs, wait });
  }

  letGo(who: object): void {
    this.#held.delete(who);
  }

  /** It is declared no longer, or declared anew. */
  retire(): void {
    this.#expiresAtMs = -Infinity;
    this.release();
  }

  /** A fault that is over holds nobody any longer; called at a halt and when a lease ends. */
  release(): void {
    if (this.active) return;
    const held = [...this.#held.values()];
    this.#held.clear();
    for (const { ownMs, wait } of held) {
      wait.totalMs -= ownMs;
      wait.waitFor(Math.max(0, wait.startMs + wait.totalMs - this.#runtime.clock.nowMs()));
    }
  }

  totals(): FaultTotal[] {
    const { name: fault, spec } = this;
    return [...new Set([...this.planned, ...this.plannedTcp, ...this.plannedTls].map(({ type }) => type))].map(
      (type) => ({
        fault,
        service: spec.service,
        at: spec.at,
        type,
        injected: this.#counts.get(type) ?? 0,
      }),
    );
  }

  /** Only of the caps that it has. */
  sparedTotals(): SparedTotal[] {
    const { name: fault, spec } = this;
    return [...this.#spared].map(([cap, spared]) => ({ fault, service: spec.service, at: spec.at, cap, spared }));
  }
}

/** Keeps what the fault does apart from whether it does it: both come of one hash. */
const DRAW_SALT = 0x6d2b_79f5;
