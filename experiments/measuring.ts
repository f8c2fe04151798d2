/** Asks the providers of a run's checks, each in its interval, one question at a time. */
import type { Check, Provider } from '../contracts/check.ts';
import type { Measurement, Ports } from './ports.ts';
import type { Event, State } from './state.ts';
import type { Story, Terms } from './story.ts';

export type MeasuredEvent = Extract<Event, { type: 'measured' }>;

/** While both arms have traffic and nothing is decided. */
export function isCompared({ comparing }: Story, { phase, ending }: State): boolean {
  return ending === null && comparing.includes(phase);
}

export class Measuring {
  readonly #measure: Ports['measure'];
  readonly #terms: Terms;
  /** By check: when it is to be asked next; Infinity while an answer is awaited. */
  readonly #dueMs = new Map<string, number>();

  constructor(measure: Ports['measure'], terms: Terms) {
    this.#measure = measure;
    this.#terms = terms;
  }

  /** @param active - otherwise nothing is asked, and the intervals begin anew */
  tick(active: boolean, nowMs: number, tell: (event: MeasuredEvent) => void): void {
    const checks = this.#terms.analysis.checks.filter((check) => check.provider !== undefined);
    if (checks.length === 0) return;
    if (!active) return this.#dueMs.clear();
    for (const check of checks) {
      const dueMs = this.#dueMs.get(check.name) ?? nowMs + check.interval;
      this.#dueMs.set(check.name, dueMs);
      if (nowMs < dueMs) continue;
      this.#dueMs.set(check.name, Infinity);
      void this.#askArms(check).then((answer) => {
        if (this.#dueMs.has(check.name)) this.#dueMs.set(check.name, nowMs + check.interval);
        tell({ type: 'measured', check: check.name, ...answer });
      });
    }
  }

  /** Kayenta compares: both arms are asked at the same moment. */
  async #askArms(check: Check): Promise<Pick<MeasuredEvent, 'value' | 'baseline' | 'why'>> {
    const { baseline, candidate, freshBaseline } = this.#terms;
    const { provider, judge, interval } = check;
    if (!provider) return { value: null, why: 'no provider is named' };
    const asked = this.#ask(provider, interval, candidate);
    if (judge !== 'kayenta') return asked;
    const [own, other] = await Promise.all([asked, this.#ask(provider, interval, freshBaseline ?? baseline)]);
    return { ...own, baseline: other.value };
  }

  async #ask(provider: Provider, intervalMs: number, version: string): Promise<Measurement> {
    const { service, baseline, candidate } = this.#terms;
    const interval = `${Math.max(1, Math.round(intervalMs / 1_000))}s`;
    if (!this.#measure) return { value: null, why: 'this control plane asks no providers' };
    return this.#measure(provider, { service, baseline, candidate, version, interval }).catch((error: unknown) => ({
      value: null,
      why: error instanceof Error ? error.message : String(error),
    }));
  }
}
