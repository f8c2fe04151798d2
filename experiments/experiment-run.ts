/**
 * One run of an experiment: the thin shell around the reducer. Each decision is journalled, durably, before its effects
 * are carried out, and noted as done after. Decisions are carried out one after the other, in their order.
 */
import type { CanaryDocument, SourceDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import type { ExperimentView, JournalEntry } from '../contracts/experiment.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { advance, isOver } from './canary.ts';
import type { Folded } from './journal.ts';
import { MeasuredShare } from './measured-share.ts';
import type { Ports } from './ports.ts';
import { INITIAL } from './state.ts';
import type { Decision, Effect, Event, State } from './state.ts';
import { makeView } from './view.ts';

/** How often the evidence is written down, so that a restart loses at most this much of it. */
const CHECKPOINT_MS = 2_000;
const EFFECT_TRIES = 6;
const FIRST_RETRY_MS = 100;

export class ExperimentRun {
  readonly id: string;
  readonly document: CanaryDocument;
  readonly source: SourceDocument;
  readonly #ports: Ports;
  readonly #share = new MeasuredShare();
  #state: State = INITIAL;
  #seq = 0;
  #queue: Promise<void> = Promise.resolve();
  #startedAt: string;
  #updatedAt: string;
  #endedAt: string | null = null;
  #lastTickMs: number;
  #lastCheckpointMs: number;
  #unsaved = false;
  #closed = false;

  constructor(ports: Ports, id: string, document: CanaryDocument, source: SourceDocument) {
    this.#ports = ports;
    this.id = id;
    this.document = document;
    this.source = source;
    this.#startedAt = this.#updatedAt = ports.wallClock().toISOString();
    this.#lastTickMs = this.#lastCheckpointMs = ports.nowMs();
  }

  get name(): string {
    return this.document.metadata.name;
  }

  get over(): boolean {
    return isOver(this.#state);
  }

  /** Resolves when the declaration is in the journal. */
  async start(): Promise<void> {
    await this.#append(
      'declared',
      `declared: ${this.document.spec.service} ${this.document.spec.baseline} -> ${this.document.spec.candidate}`,
      {
        source: this.source,
        state: this.#state,
      },
    );
    this.feed({ type: 'started' });
  }

  /** Takes up the run from its journal: what was decided and not noted as done is done again. */
  restore(folded: Folded): void {
    this.#state = folded.state;
    this.#seq = folded.nextSeq;
    this.#startedAt = folded.startedAt;
    this.#updatedAt = folded.updatedAt;
    if (isOver(folded.state)) {
      this.#endedAt = folded.updatedAt;
      return;
    }
    const { unfinished } = folded;
    if (unfinished) this.#enqueue(() => this.#carryOut(unfinished.effects, unfinished.seq));
    this.#enqueue(() => Promise.resolve(this.feed({ type: 'resumed' })));
  }

  observe(rows: readonly ArmRow[]): void {
    this.#share.add(rows, this.#ports.nowMs());
    if (!this.over) this.feed({ type: 'observed', rows: rows.filter((r) => r.experimentId === this.id) });
  }

  tick(): void {
    if (this.over) return;
    const nowMs = this.#ports.nowMs();
    const passedMs = nowMs - this.#lastTickMs;
    this.#lastTickMs = nowMs;
    const ageMs = this.#ports.wallClock().getTime() - Date.parse(this.#startedAt);
    this.feed({ type: 'tick', passedMs, deadlineOver: ageMs > this.document.spec.deadline });
    if (this.#unsaved && nowMs - this.#lastCheckpointMs >= CHECKPOINT_MS) {
      this.#lastCheckpointMs = nowMs;
      this.#unsaved = false;
      const state = this.#state;
      this.#enqueue(() => this.#append('checkpoint', 'evidence so far', { state }));
    }
  }

  feed(event: Event): void {
    if (this.#closed) return;
    const before = this.#state;
    const { state, decisions } = advance({ id: this.id, document: this.document }, before, event);
    this.#state = state;
    if (event.type === 'observed' && event.rows.length > 0) this.#unsaved = true;
    for (const decision of decisions) this.#enqueue(() => this.#decide(decision, state));
    if (decisions.length > 0 || (event.type === 'observed' && event.rows.length > 0) || state.reason !== before.reason)
      this.#changed();
  }

  view(): ExperimentView {
    return makeView({
      id: this.id,
      document: this.document,
      source: this.source,
      state: this.#state,
      startedAt: this.#startedAt,
      updatedAt: this.#updatedAt,
      endedAt: this.#endedAt,
      measuredPpm: this.#share.ppm(this.#ports.nowMs()),
    });
  }

  /** Resolves when everything decided so far is journalled and carried out. */
  async settled(): Promise<void> {
    for (let queue = this.#queue; ; queue = this.#queue) {
      await queue;
      if (queue === this.#queue) return;
    }
  }

  /** Stops deciding; what is under way is finished. The run stays as it is, to be taken up again. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#queue;
  }

  #enqueue(task: () => Promise<void>): void {
    this.#queue = this.#queue.then(task).catch((error: unknown) => this.#onBroken(error));
  }

  async #decide(decision: Decision, state: State): Promise<void> {
    const seq = this.#seq;
    await this.#append(decision.type, decision.message, { ...decision.evidence, effects: decision.effects, state });
    if (isOver(state)) this.#endedAt = this.#updatedAt;
    await this.#carryOut(decision.effects, seq);
    this.#changed();
  }

  async #carryOut(effects: readonly Effect[], seq: number): Promise<void> {
    if (effects.length === 0) return;
    for (const effect of effects) {
      const refusal = await this.#perform(effect);
      if (refusal === undefined) continue;
      await this.#append('refused', `could not be done: ${refusal.message}`, { effect, code: refusal.code });
      if (this.#state.phase !== 'rolling-back') {
        this.feed({ type: 'effect-refused', code: refusal.code, message: refusal.detail });
        return;
      }
    }
    await this.#append('done', 'carried out', { of: seq });
    this.feed({ type: 'effects-done' });
  }

  /** Tries again where trying may help. @returns why it cannot be done */
  async #perform(effect: Effect): Promise<MeshproofError | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        await performOnce(this.#ports, this.id, this.document.spec.service, effect);
        return undefined;
      } catch (error) {
        if (error instanceof MeshproofError && error.code !== 'INTERNAL') return error;
        if (attempt === EFFECT_TRIES)
          return new MeshproofError('INTERNAL', `${effect.type} failed ${attempt} times`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, FIRST_RETRY_MS * 2 ** (attempt - 1)));
    }
  }

  async #append(type: string, message: string, data: Record<string, unknown>): Promise<void> {
    const at = this.#ports.wallClock().toISOString();
    const entry: JournalEntry = { experimentId: this.id, seq: this.#seq, at, type, message, data };
    await this.#ports.journal.append([entry]);
    this.#seq++;
    this.#updatedAt = at;
    if (type !== 'checkpoint' && type !== 'done') this.#ports.onJournal(entry);
  }

  /** The journal cannot be written: nothing may be decided any more, and the proxies must be back on the baseline. */
  async #onBroken(error: unknown): Promise<void> {
    this.#closed = true;
    this.#state = {
      ...this.#state,
      phase: 'rolled-back',
      verdict: 'INCONCLUSIVE',
      reason: `rolled back: the journal cannot be written (${String(error)})`,
    };
    this.#endedAt = this.#updatedAt;
    await this.#ports.overlays.drop(this.id).catch(() => undefined);
    this.#changed();
  }

  #changed(): void {
    this.#ports.onChange(this.view());
  }
}

async function performOnce(ports: Ports, id: string, service: string, effect: Effect): Promise<void> {
  switch (effect.type) {
    case 'set-overlay':
      return ports.overlays.set(effect.overlay);
    case 'drop-overlay':
      return ports.overlays.drop(id);
    case 'move-stable':
      return ports.services.moveStable(service, effect.from, effect.to);
  }
}
