/**
 * What goes up, and when. Counts are taken from the data plane only when they can be sent at once, one report at a
 * time; a report stays here until its arrival is known, and is sent again, under the same id, on the next connection.
 * So a lost connection loses no count, and counts none twice.
 */
import type { Clock, DataplaneApi, Telemetry } from '../dataplane-api.ts';

export type Report = Telemetry & { readonly reportId: string; readonly windowMs: number };

export type ReportsOptions = {
  readonly dataplane: Pick<DataplaneApi, 'takeTelemetry' | 'hasOverlays'>;
  readonly clock: Clock;
  /** Unique for this life of the process. */
  readonly boot: string;
};

const PERIOD_MS = 1_000;
/** While an experiment runs, it has to know within a fraction of a second. */
const PERIOD_UNDER_EXPERIMENT_MS = 200;

export class Reports {
  readonly #options: ReportsOptions;
  #inDoubt: Report | undefined;
  #count = 0;
  #lastTakenMs: number;
  #underExperiment = false;

  constructor(options: ReportsOptions) {
    this.#options = options;
    this.#lastTakenMs = options.clock.nowMs();
  }

  /** The report that was handed out and not confirmed. */
  get inDoubt(): Report | undefined {
    return this.#inDoubt;
  }

  /** Whether it is time for a report. One after the last overlay went still comes at the pace of the experiment. */
  due(): boolean {
    const { clock, dataplane } = this.#options;
    const fast = this.#underExperiment || dataplane.hasOverlays();
    return clock.nowMs() - this.#lastTakenMs >= (fast ? PERIOD_UNDER_EXPERIMENT_MS : PERIOD_MS);
  }

  /**
   * The report to send now: the one in doubt, else a new one. A new one may be empty: "no traffic" and "no data" are
   * different states, and only a report tells them apart.
   */
  next(): Report {
    if (this.#inDoubt) return this.#inDoubt;
    const { clock, dataplane, boot } = this.#options;
    const nowMs = clock.nowMs();
    const windowMs = Math.round(nowMs - this.#lastTakenMs);
    this.#inDoubt = { reportId: `${boot}-${this.#count++}`, windowMs, ...dataplane.takeTelemetry() };
    this.#lastTakenMs = nowMs;
    this.#underExperiment = dataplane.hasOverlays();
    return this.#inDoubt;
  }

  /** The control plane has it. */
  confirm(): void {
    this.#inDoubt = undefined;
  }
}
