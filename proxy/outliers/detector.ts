/** Outlier detection over the endpoints of one version: counts attempts, ejects, and lets them back in. */
import type { OutlierDetection } from '../../contracts/outlier-detection.ts';
import type { AttemptOutcome } from '../plan/plan.ts';
import { count, ejectionMs, judge, mayEject, successRateOutliers } from './outlier-state.ts';
import type { EjectionReason, OutlierState } from './outlier-state.ts';

/** An endpoint as the detector meets it. */
export type Watched = { readonly outlier: OutlierState; sinceMs: number };

export type DetectorOptions = {
  readonly spec: OutlierDetection;
  readonly nowMs: number;
  /** Uniform in [0, 1). */
  readonly chance: () => number;
  /** Someone was ejected (why), or came back. */
  readonly onChange: (ejected: EjectionReason | undefined) => void;
};

export class Detector<W extends Watched> {
  readonly #members: readonly W[];
  readonly #options: DetectorOptions;
  #intervalEndsMs: number;

  constructor(members: readonly W[], options: DetectorOptions) {
    this.#members = members;
    this.#options = options;
    this.#intervalEndsMs = options.nowMs + options.spec.interval;
  }

  /** An attempt on this endpoint has ended so. */
  observe({ outlier }: W, outcome: AttemptOutcome, status: number, nowMs: number): void {
    const judged = judge(outcome, status);
    if (judged === 'nothing') return;
    const reason = count(outlier, judged, this.#options.spec);
    if (reason !== undefined) this.#eject(outlier, reason, nowMs);
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
    this.#options.onChange(undefined);
  }

  #endInterval(nowMs: number): void {
    const inside = this.#members.map((m) => m.outlier).filter((o) => o.ejectedUntilMs === undefined);
    for (const outlier of inside) outlier.ejections = Math.max(0, outlier.ejections - 1);
    for (const outlier of successRateOutliers(inside, this.#options.spec)) {
      this.#eject(outlier, 'success-rate', nowMs);
    }
    for (const { outlier } of this.#members) {
      outlier.requests = 0;
      outlier.successes = 0;
    }
  }

  #eject(outlier: OutlierState, reason: EjectionReason, nowMs: number): void {
    const { spec, chance, onChange } = this.#options;
    if (outlier.ejectedUntilMs !== undefined) return;
    const ejected = this.#members.filter((m) => m.outlier.ejectedUntilMs !== undefined).length;
    if (!mayEject(ejected, this.#members.length, spec)) return;
    outlier.ejections++;
    outlier.ejectedUntilMs = nowMs + ejectionMs(outlier.ejections, spec, chance());
    onChange(reason);
  }
}
