/** Outlier detection over the endpoints of one version: counts attempts, ejects, and lets them back in. */
import type { OutlierDetection } from '../../contracts/outlier-detection.ts';
import type { AttemptOutcome } from '../plan/plan.ts';
import { count, ejectionMs, judge, mayEject, successRateOutliers } from './outlier-state.ts';
import type { EjectionReason, OutlierState } from './outlier-state.ts';

/** An endpoint as the detector meets it. */
export type Watched = { readonly outlier: OutlierState; sinceMs: number };

export type DetectorOptions<W> = {
  readonly spec: OutlierDetection;
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  /** Someone came back, or another worker has ejected someone. */
  readonly onChange: () => void;
  readonly onEjected: (member: W, reason: EjectionReason, forMs: number) => void;
};

export class Detector<W extends Watched> {
  readonly #members: readonly W[];
  readonly #options: DetectorOptions<W>;
  #intervalEndsMs: number;

  constructor(members: readonly W[], options: DetectorOptions<W>) {
    this.#members = members;
    this.#options = options;
    this.#intervalEndsMs = options.nowMs + options.spec.interval;
  }

  /** An attempt on this endpoint has ended so. */
  observe(member: W, outcome: AttemptOutcome, status: number, nowMs: number): void {
    const judged = judge(outcome, status);
    if (judged === 'nothing') return;
    const reason = count(member.outlier, judged, this.#options.spec);
    if (reason !== undefined) this.#eject(member, reason, nowMs);
  }

  /** Once a second: ends the interval when it is time, and lets back in whose ejection is over. */
  sweep(nowMs: number): void {
    if (nowMs >= this.#intervalEndsMs) {
      this.#intervalEndsMs = nowMs + this.#options.spec.interval;
      this.#endInterval(nowMs);
    }
    for (const member of this.#members) {
      const untilMs = member.outlier.ejectedUntilMs;
      if (untilMs !== undefined && nowMs >= untilMs) this.readmit(member, nowMs);
    }
  }

  /** Lets an endpoint back in; it starts slowly, where the balancer says so. */
  readmit(member: W, nowMs: number): void {
    const { outlier } = member;
    if (outlier.ejectedUntilMs === undefined) return;
    outlier.ejectedUntilMs = undefined;
    outlier.failuresInRow = 0;
    outlier.gatewayErrorsInRow = 0;
    member.sinceMs = nowMs;
    this.#options.onChange();
  }

  /** Another worker has ejected it: so do we, within our own cap. @param ejections - how many of it there were in a row */
  adopt(member: W, forMs: number, ejections: number, nowMs: number): void {
    const { outlier } = member;
    if (outlier.ejectedUntilMs !== undefined || !this.#mayEject()) return;
    outlier.ejections = Math.max(outlier.ejections, ejections);
    outlier.ejectedUntilMs = nowMs + forMs;
    this.#options.onChange();
  }

  #endInterval(nowMs: number): void {
    const inside = this.#members.map((m) => m.outlier).filter((o) => o.ejectedUntilMs === undefined);
    for (const outlier of inside) outlier.ejections = Math.max(0, outlier.ejections - 1);
    const outliers = successRateOutliers(inside, this.#options.spec);
    for (const member of this.#members) {
      if (outliers.includes(member.outlier)) this.#eject(member, 'success-rate', nowMs);
    }
    for (const { outlier } of this.#members) {
      outlier.requests = 0;
      outlier.successes = 0;
    }
  }

  #eject(member: W, reason: EjectionReason, nowMs: number): void {
    const { outlier } = member;
    const { spec, chance, onEjected } = this.#options;
    if (outlier.ejectedUntilMs !== undefined || !this.#mayEject()) return;
    outlier.ejections++;
    const forMs = ejectionMs(outlier.ejections, spec, chance());
    outlier.ejectedUntilMs = nowMs + forMs;
    onEjected(member, reason, forMs);
  }

  #mayEject(): boolean {
    const ejected = this.#members.filter((m) => m.outlier.ejectedUntilMs !== undefined).length;
    return mayEject(ejected, this.#members.length, this.#options.spec);
  }
}
