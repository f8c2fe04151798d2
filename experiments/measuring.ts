/** Asks the providers of a run's checks, each in its interval, one question at a time. */
import type { Check } from '../contracts/check.ts';
import type { CanarySpec } from '../contracts/canary.ts';
import type { Measurement, Ports } from './ports.ts';
import type { Event, State } from './state.ts';

export type MeasuredEvent = Extract<Event, { type: 'measured' }>;

/** While both arms have traffic and nothing is decided. */
export function isCompared({ phase, ending }: State): boolean {
  return ending === null && (phase === 'stepping' || phase === 'held');
}

export class Measuring {
  readonly #measure: Ports['measure'];
  readonly #spec: CanarySpec;
  /** By check: when it is to be asked next; Infinity while an answer is awaited. */
  readonly #dueMs = new Map<string, number>();

  constructor(measure: Ports['measure'], spec: CanarySpec) {
    this.#measure = measure;
    this.#spec = spec;
  }

  /** @param active - otherwise nothing is asked, and the intervals begin anew */
  tick(active: boolean, nowMs: number, tell: (event: MeasuredEvent) => void): void {
    const { checks } = this.#spec.analysis;
    if (checks.length === 0) return;
    if (!active) return this.#dueMs.clear();
    for (const check of checks) {
      const dueMs = this.#dueMs.get(check.name) ?? nowMs + check.interval;
      this.#dueMs.set(check.name, dueMs);
      if (nowMs < dueMs) continue;
      this.#dueMs.set(check.name, Infinity);
      void this.#ask(check).then(({ value, why }) => {
        if (this.#dueMs.has(check.name)) this.#dueMs.set(check.name, nowMs + check.interval);
        tell({ type: 'measured', check: check.name, value, why });
      });
    }
  }

  async #ask({ provider, interval }: Check): Promise<Measurement> {
    const { service, baseline, candidate } = this.#spec;
    const seconds = `${Math.max(1, Math.round(interval / 1_000))}s`;
    if (!this.#measure) return { value: null, why: 'this control plane asks no providers' };
    return this.#measure(provider, { service, baseline, candidate, interval: seconds }).catch((error: unknown) => ({
      value: null,
      why: error instanceof Error ? error.message : String(error),
    }));
  }
}
