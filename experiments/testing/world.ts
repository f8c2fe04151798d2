/**
 * A world in virtual time for a runner: a journal, overlays, services, proxies that count, and processes that can be
 * killed at any call. What a killed process still awaits never comes.
 */
import { MeshproofError } from '../../contracts/errors.ts';
import type { ExperimentView, JournalEntry } from '../../contracts/experiment.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { Webhook } from '../../contracts/webhook.ts';
import type { Answer, Measurement, Ports, Question } from '../ports.ts';

export type Call = 'append' | 'read' | 'set' | 'drop' | 'move' | 'confirm';
/** When a process dies, or what a call answers: asked before and after each call takes effect. */
export type Fate = 'go on' | 'die' | 'fail' | 'refuse';

const GO_ON = (): Fate => 'go on';

export class World {
  nowMs = 0;
  wallMs = Date.parse('2026-01-01T00:00:00Z');
  readonly journals = new Map<string, JournalEntry[]>();
  readonly overlays = new Map<string, Overlay>();
  stable = 'v1';
  services: readonly string[] = ['reviews'];
  versions: readonly string[] = ['v1', 'v2'];
  /** What providers answer. */
  answer: (variables: Readonly<Record<string, string>>) => Measurement = () => ({
    value: null,
    why: 'nobody is asked',
  });
  asked = 0;
  /** What webhooks answer, and what they were asked. */
  reply: (hook: Webhook, question: Question) => Answer | Promise<Answer> = () => ({ answer: 'yes', says: '' });
  readonly questions: Question[] = [];
  readonly moves: string[] = [];
  readonly views: ExperimentView[] = [];
  readonly told: JournalEntry[] = [];
  /** Overlay changes in their order: the epoch, or `drop`. */
  readonly overlayLog: (number | 'drop')[] = [];
  /** What was in force each time that all proxies had acknowledged it. */
  readonly confirmed: (number | 'drop')[] = [];
  fate: (call: Call, when: 'before' | 'after', count: number) => Fate = GO_ON;
  calls = 0;

  pass(ms: number): void {
    this.nowMs += ms;
    this.wallMs += ms;
  }

  entries(id: string): readonly JournalEntry[] {
    return this.journals.get(id) ?? [];
  }

  /** A control plane process. Its monotonic clock begins anywhere. */
  process(): Process {
    return new Process(this);
  }
}

export class Process {
  alive = true;
  readonly #world: World;
  readonly #originMs: number;

  constructor(world: World) {
    this.#world = world;
    this.#originMs = world.nowMs - (world.calls % 7) * 1_000;
  }

  get ports(): Ports {
    const world = this.#world;
    return {
      journal: {
        append: (entries) => this.#call('append', () => this.#append(entries)),
        read: (id) => this.#call('read', () => structuredClone(world.journals.get(id) ?? [])),
        list: () => Promise.resolve([...world.journals.keys()]),
      },
      overlays: {
        set: (overlay) =>
          this.#call('set', () => {
            world.overlays.set(overlay.experimentId, overlay);
            world.overlayLog.push(overlay.epoch);
          }),
        drop: (id) =>
          this.#call('drop', () => {
            if (world.overlays.delete(id)) world.overlayLog.push('drop');
          }),
        confirm: () => this.#call('confirm', () => void world.confirmed.push(world.overlayLog.at(-1) ?? 'drop')),
      },
      services: {
        stable: (service) => Promise.resolve(world.services.includes(service) ? world.stable : undefined),
        versions: () => Promise.resolve(world.versions),
        moveStable: (_service, from, to) => this.#call('move', () => this.#move(from, to)),
      },
      measure: (_provider, variables) => {
        world.asked++;
        return Promise.resolve(world.answer(variables));
      },
      ask: (hook, question) => {
        if (!this.alive) return new Promise<Answer>(() => undefined);
        world.questions.push(question);
        return Promise.resolve(world.reply(hook, question));
      },
      wallClock: () => new Date(world.wallMs),
      nowMs: () => world.nowMs - this.#originMs,
      onChange: (view) => void world.views.push(view),
      onJournal: (entry) => void world.told.push(entry),
    };
  }

  kill(): void {
    this.alive = false;
  }

  #append(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      const journal = this.#world.journals.get(entry.experimentId) ?? [];
      if (journal.some((e) => e.seq === entry.seq)) throw new Error(`seq ${entry.seq} is taken`);
      this.#world.journals.set(entry.experimentId, [...journal, JSON.parse(JSON.stringify(entry)) as JournalEntry]);
    }
  }

  #move(from: string, to: string): void {
    const world = this.#world;
    if (world.stable === to) return;
    if (world.stable !== from) throw new MeshproofError('BASELINE_NOT_STABLE', `stable is ${world.stable}`);
    world.stable = to;
    world.moves.push(`${from} -> ${to}`);
  }

  #call<T>(call: Call, effect: () => T): Promise<T> {
    const never = new Promise<T>(() => undefined);
    if (!this.alive) return never;
    const world = this.#world;
    const count = world.calls++;
    const before = world.fate(call, 'before', count);
    if (before === 'die') this.kill();
    if (before === 'fail') return Promise.reject(new Error(`${call} failed`));
    if (before === 'refuse') return Promise.reject(new MeshproofError('DOCUMENT_NOT_FOUND', `${call} refused`));
    if (!this.alive) return never;
    return Promise.resolve().then(() => {
      if (!this.alive) return never;
      const result = effect();
      const after = world.fate(call, 'after', count);
      if (after === 'die') this.kill();
      if (after === 'fail') throw new Error(`${call} failed after all`);
      return this.alive ? result : never;
    });
  }
}
