/** The overlays in force: what experiments lay over the configuration, under a lease on our own clock. */
import type { Comparisons } from '../contracts/comparison.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import type { Overlay } from '../contracts/overlay.ts';
import { KeyedSplit } from './arms/keyed-split.ts';
import { faultProblem } from './faults/overlay-faults.ts';
import type { RequestHead } from './http1/head.ts';
import { compileMatch } from './plan/match.ts';
import type { Predicate } from './plan/match.ts';
import type { ServicePlan } from './plan/plan.ts';
import { hashText } from './random.ts';
import type { Runtime } from './runtime.ts';
import { MAX_WAITING_BYTES } from './shadow/comparison-queue.ts';
import { ShadowRun } from './shadow/shadow-run.ts';
import { ArmCounters } from './telemetry/counters.ts';
import { OriginCounters } from './telemetry/origin-counters.ts';

export class ActiveOverlay {
  readonly overlay: Overlay;
  readonly baseline: ArmCounters;
  readonly candidate: ArmCounters;
  /** Of requests to the fresh baseline, where the overlay has one. */
  readonly fresh: ArmCounters | undefined;
  /** Of the requests that match the overlay's preview, where it has one. */
  readonly preview: ArmCounters | undefined;
  /** Where the overlay divides keys among arms; baseline and candidate count nothing then. */
  readonly keyed: KeyedSplit | undefined;
  /** Where the overlay copies requests to the candidate. */
  readonly shadow: ShadowRun | undefined;
  readonly isPreview: Predicate | undefined;
  readonly matches: Predicate | undefined;
  /** Makes the sticky assignment of this run independent of other runs, and stable over its epochs. */
  readonly stickySeed: number;
  readonly #runtime: Runtime;
  readonly #generation: number;
  #expiresAtMs = 0;

  constructor(runtime: Runtime, overlay: Overlay) {
    this.overlay = overlay;
    this.#runtime = runtime;
    this.#generation = runtime.halt.generation;
    this.matches = compileMatch(overlay.match);
    this.stickySeed = hashText(overlay.experimentId, overlay.seed);
    this.baseline = new ArmCounters(overlay.experimentId, overlay.epoch, 'baseline', overlay.candidatePpm);
    this.candidate = new ArmCounters(overlay.experimentId, overlay.epoch, 'candidate', overlay.candidatePpm);
    this.candidate.origins = new OriginCounters();
    this.fresh =
      overlay.fresh === undefined
        ? undefined
        : new ArmCounters(overlay.experimentId, overlay.epoch, 'fresh', overlay.candidatePpm);
    this.keyed = overlay.split && new KeyedSplit(overlay, overlay.split);
    this.shadow = overlay.shadow && new ShadowRun(overlay, overlay.shadow, runtime.clock);
    this.isPreview = compileMatch(overlay.preview);
    this.preview =
      overlay.preview && new ArmCounters(overlay.experimentId, overlay.epoch, 'candidate', overlay.candidatePpm, true);
    this.renew();
  }

  renew(): void {
    this.#expiresAtMs = this.#runtime.clock.nowMs() + this.overlay.leaseMs;
  }

  get leaseLeftMs(): number {
    return Math.max(0, this.#expiresAtMs - this.#runtime.clock.nowMs());
  }

  get counters(): readonly ArmCounters[] {
    if (this.keyed) return this.keyed.counters;
    const others = [this.fresh, this.preview].flatMap((counters) => counters ?? []);
    return [this.baseline, this.candidate, ...others];
  }

  /** Asked for every request: a lease that has run out is not honoured, however late the sweep comes. */
  get active(): boolean {
    return this.#generation === this.#runtime.halt.generation && this.#runtime.clock.nowMs() < this.#expiresAtMs;
  }

  takes(head: RequestHead): boolean {
    return this.active && (this.matches === undefined || this.matches(head));
  }
}

export type Refusal = { readonly experimentId: string; readonly code: ErrorCode; readonly message: string };

/** All overlays of a proxy, by service; at most one a service (the control plane sees to it; a second one is refused). */
export class OverlayTable {
  readonly #runtime: Runtime;
  #active = new Map<string, ActiveOverlay>();
  /** Counters of overlays that are gone, until they are reported. */
  #orphans: ArmCounters[] = [];
  #endedShadows: ShadowRun[] = [];
  leaseExpired = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  of(service: string): ActiveOverlay | undefined {
    return this.#active.get(service);
  }

  all(): readonly ActiveOverlay[] {
    return [...this.#active.values()];
  }

  /** Puts exactly these in force. An unchanged one (same run, same epoch) keeps its counters and gets a fresh lease. */
  set(overlays: readonly Overlay[], check: (overlay: Overlay) => Refusal | undefined): Refusal[] {
    const refused: Refusal[] = [];
    const next = new Map<string, ActiveOverlay>();
    for (const overlay of overlays) {
      const refusal = next.has(overlay.service)
        ? {
            experimentId: overlay.experimentId,
            code: 'EXPERIMENT_OVERLAP' as const,
            message: `Service ${overlay.service} is under another overlay`,
          }
        : check(overlay);
      if (refusal) refused.push(refusal);
      else next.set(overlay.service, this.#same(overlay) ?? new ActiveOverlay(this.#runtime, overlay));
    }
    for (const old of this.#active.values()) if (next.get(old.overlay.service) !== old) this.#orphan(old);
    this.#active = next;
    return refused;
  }

  #same(overlay: Overlay): ActiveOverlay | undefined {
    const old = this.#active.get(overlay.service);
    if (!old?.active || old.overlay.experimentId !== overlay.experimentId || old.overlay.epoch !== overlay.epoch)
      return undefined;
    old.renew();
    return old;
  }

  renew(experimentIds: ReadonlySet<string>): void {
    for (const active of this.#active.values())
      if (experimentIds.has(active.overlay.experimentId) && active.active) active.renew();
  }

  /** Drops what is no longer honoured. @returns what was dropped: its lease ran out, or it was halted in another thread */
  sweep(): readonly ActiveOverlay[] {
    const gone = [...this.#active.values()].filter((a) => !a.active);
    for (const active of gone) {
      this.#active.delete(active.overlay.service);
      this.#orphan(active);
      if (active.leaseLeftMs === 0) this.leaseExpired++;
    }
    return gone;
  }

  clear(): number {
    const count = this.#active.size;
    for (const active of this.#active.values()) this.#orphan(active);
    this.#active = new Map();
    return count;
  }

  #orphan(active: ActiveOverlay): void {
    this.#orphans.push(...active.counters);
    if (active.shadow) this.#endedShadows.push(active.shadow);
  }

  /**
   * Counters to report: of overlays in force, and of those that are gone. A request that was under way when its overlay
   * went still counts there, so an orphan is kept until its last one has ended.
   */
  counters(): readonly ArmCounters[] {
    const out = [...this.#orphans, ...this.all().flatMap((a) => a.counters)];
    this.#orphans = this.#orphans.filter((counters) => counters.inFlight > 0);
    return out;
  }

  /** Comparisons to report: what fits into one report, the rest with the next. */
  takeComparisons(): Comparisons[] {
    const taken: Comparisons[] = [];
    let roomBytes = MAX_WAITING_BYTES;
    for (const { queue } of [...this.#endedShadows, ...this.all().flatMap((a) => a.shadow ?? [])]) {
      if (queue.waitingBytes > roomBytes) continue;
      roomBytes -= queue.waitingBytes;
      const comparisons = queue.take();
      if (comparisons) taken.push(comparisons);
    }
    this.#endedShadows = this.#endedShadows.filter(({ queue }) => queue.open > 0 || queue.waitingBytes > 0);
    return taken;
  }
}

/** @returns why this proxy cannot lay the overlay; undefined: it can @param plan - of the overlay's service */
export function overlayProblem(overlay: Overlay, plan: ServicePlan | undefined): Refusal | undefined {
  const { experimentId, service, baseline, candidate } = overlay;
  const refuse = (message: string): Refusal => ({ experimentId, code: 'CONFIG_REFUSED', message });
  if (!plan) return refuse(`there is no Service ${service} here`);
  const arms = overlay.split?.arms.map((arm) => arm.version) ?? [candidate];
  const fresh = overlay.fresh === undefined ? [] : [overlay.fresh];
  const missing = [baseline, ...arms, ...fresh].find((version) => !plan.versions.has(version));
  if (missing !== undefined) return refuse(`Service ${service} has no version ${missing} here`);
  const problem = overlay.faults?.map(faultProblem).find((found) => found !== undefined);
  return problem === undefined ? undefined : refuse(problem);
}
