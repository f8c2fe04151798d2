/** Two services, a release of each, and control planes that come and go: virtual time, effects that succeed at once. */
import { seeded } from '../../analyzer/simulation/random.ts';
import type { ExperimentKind } from '../../contracts/document.ts';
import type { ExperimentView, JournalEntry } from '../../contracts/experiment.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { Answer, Ports, RunnerApi } from '../ports.ts';
import { createRunner } from '../runner.ts';
import { modelledArm } from '../simulation/arm.ts';
import { rowsUnder } from '../simulation/rows.ts';
import { declare } from './drive.ts';

const TICK_MS = 200;
const REQUESTS = 40;

export class Pair {
  readonly stable: Record<string, string> = { reviews: 'v1', ratings: 'v1' };
  /** Of the candidates, by service; may be changed on the way. */
  readonly errorRate: Record<string, number> = { reviews: 0, ratings: 0 };
  readonly overlays = new Map<string, Overlay>();
  /** What webhooks answer. */
  reply: Answer = { answer: 'yes', says: '' };
  readonly #journals = new Map<string, JournalEntry[]>();
  readonly #random = seeded(7);
  /** The process that is alive; the calls of earlier ones come to nothing. */
  #process = 0;
  #nowMs = 0;
  runner: RunnerApi = createRunner(this.#ports());

  /** Starts the release of a service, named after it. */
  async start(service: string, spec: Record<string, unknown>, kind: ExperimentKind = 'Canary'): Promise<void> {
    const { document, source } = declare(kind, { service, ...spec });
    const metadata = { name: service };
    await this.runner.run(`exp_${service}`, { ...document, metadata }, { ...source, metadata });
  }

  view(service: string): ExperimentView {
    const view = this.runner.view(service);
    if (!view) throw new Error(`no release of ${service} is known`);
    return view;
  }

  types(service: string): string[] {
    return (this.#journals.get(`exp_${service}`) ?? []).map((e) => e.type).filter((t) => t !== 'checkpoint');
  }

  get ended(): boolean {
    return this.runner.views().every((view) => view.endedAt !== null);
  }

  async until(done: () => boolean, forMs = 300_000): Promise<void> {
    for (let ms = 0; ms < forMs && !done(); ms += TICK_MS) await this.tick();
  }

  async tick(): Promise<void> {
    this.#nowMs += TICK_MS;
    this.runner.observe([...this.overlays.values()].flatMap((overlay) => this.#rows(overlay)));
    this.runner.tick();
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** SIGKILL, and a new process at once. */
  async restart(): Promise<void> {
    this.#process++;
    this.runner = createRunner(this.#ports());
    await this.runner.resume();
  }

  #rows(overlay: Overlay) {
    if (overlay.baseline !== this.stable[overlay.service]) return [];
    const arm = (version: string) =>
      modelledArm(version === 'v2' ? (this.errorRate[overlay.service] ?? 0) : 0, () => 20_000);
    const arms = { baseline: arm(overlay.baseline), candidate: arm(overlay.candidate) };
    return rowsUnder(this.#random, overlay, arms, REQUESTS);
  }

  #ports(): Ports {
    const process = this.#process;
    const call = <T>(effect: () => T): Promise<T> =>
      process === this.#process ? Promise.resolve(effect()) : new Promise<T>(() => undefined);
    return {
      ask: () => call(() => this.reply),
      journal: {
        append: (entries) =>
          call(() => {
            for (const entry of entries)
              this.#journals.set(entry.experimentId, [
                ...(this.#journals.get(entry.experimentId) ?? []),
                structuredClone(entry),
              ]);
          }),
        read: (id) => call(() => this.#journals.get(id) ?? []),
        list: () => call(() => [...this.#journals.keys()]),
      },
      overlays: {
        set: (overlay) => call(() => void this.overlays.set(overlay.experimentId, overlay)),
        drop: (id) => call(() => void this.overlays.delete(id)),
        confirm: () => call(() => undefined),
      },
      services: {
        stable: (service) => call(() => this.stable[service]),
        versions: () => call(() => ['v1', 'v2']),
        moveStable: (service, _from, to) => call(() => void (this.stable[service] = to)),
      },
      wallClock: () => new Date(Date.parse('2026-01-01T00:00:00Z') + this.#nowMs),
      nowMs: () => this.#nowMs,
      onChange: () => undefined,
      onJournal: () => undefined,
    };
  }
}
