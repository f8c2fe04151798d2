/**
 * One run of an experiment: the thin shell around the reducer. It feeds events, writes each decision to the journal,
 * durably, and only then carries out what stands in the state's outbox. One thing is under way at a time.
 */
import type { GoalAnswer, GoalReport } from '../contracts/api.ts';
import type { Comparisons } from '../contracts/comparison.ts';
import type { ExperimentDocument, SourceDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import type { ExperimentView, JournalEntry } from '../contracts/experiment.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { failedEvent } from './answers.ts';
import { Asking } from './asking.ts';
import { Backoff } from './backoff.ts';
import { checkpointEveryMs } from './checkpoint.ts';
import type { Folded } from './journal.ts';
import { notYetWritten } from './journal.ts';
import { forPeople, STATE_KEY } from './journal-types.ts';
import { advance, isOver } from './life.ts';
import { addSeen } from './measured-share.ts';
import type { Seen } from './measured-share.ts';
import { isCompared, Measuring } from './measuring.ts';
import type { MeasuredEvent } from './measuring.ts';
import { nextEffect } from './outbox.ts';
import { hasCalendar, openingAt } from './opening.ts';
import type { Ports } from './ports.ts';
import { INITIAL } from './state.ts';
import type { Decision, Effect, Event, Pending, State, Users } from './state.ts';
import { storyOf } from './stories.ts';
import type { Run, Story } from './story.ts';
import { addUsers } from './users.ts';
import { isSame, standingOf } from './together.ts';
import type { Others } from './together.ts';
import type { Earlier } from './turn.ts';
import { makeView } from './view.ts';
import { awaited } from './webhooks.ts';

/** Reports that come closer together than this are counted together: a thousand proxies report five times a second. */
const COUNT_EVERY_MS = 50;
/** The live stream is told of new evidence at most this often; of a decision at once. */
const TELL_EVERY_MS = 200;
/** Calendars have minutes, and time zones are slow to work out. */
const CALENDAR_EVERY_MS = 1_000;

export class ExperimentRun {
  readonly run: Run;
  readonly story: Story;
  readonly #ports: Ports;
  readonly #backoff = new Backoff();
  readonly #measuring: Measuring;
  readonly #asking: Asking;
  #state: State = INITIAL;
  #nextSeq = 0;
  /** Decided and not yet in the journal. Nothing of the outbox is carried out before it is empty. */
  #unwritten: JournalEntry[] = [];
  #writeFailure: Error | undefined;
  #rows: ArmRow[] = [];
  #users: Users | undefined;
  #comparisons: Comparisons[] = [];
  #reported = false;
  #seen: readonly Seen[] = [];
  #work: Promise<void> = Promise.resolve();
  #busy = false;
  #closed = false;
  #lost = false;
  #startedAt: string;
  #updatedAt: string;
  #tickedAtMs: number;
  #countedAtMs = -Infinity;
  #savedAtMs: number;
  #toldAtMs = -Infinity;
  #calendarAtMs = -Infinity;
  #unsaved = false;
  #untold = false;

  constructor(ports: Ports, id: string, document: ExperimentDocument, source: SourceDocument) {
    this.#ports = ports;
    this.run = { id, document, source };
    this.story = storyOf(this.run);
    this.#measuring = new Measuring(ports.measure, this.story.terms);
    this.#asking = new Asking(ports);
    this.#startedAt = this.#updatedAt = ports.wallClock().toISOString();
    this.#tickedAtMs = this.#savedAtMs = ports.nowMs();
  }

  get name(): string {
    return this.run.document.metadata.name;
  }

  /** Nothing of it will be decided here any more. */
  get over(): boolean {
    return isOver(this.#state) || this.#lost;
  }

  get phase(): State['phase'] {
    return this.#state.phase;
  }

  /** Whether it may be promoted, is, or has gone back: for those that are released together with it. */
  get standing(): ReturnType<typeof standingOf> {
    return standingOf(this.story, this.#state);
  }

  get peers(): State['peers'] {
    return this.#state.peers;
  }

  /** Whether this incoming message was taken already. */
  hasHeard(messageId: string): boolean {
    return this.#state.takenMessages.includes(messageId);
  }

  /** Whether it waits now for what this sender reports at this gate. */
  awaits(sender: string, gate: string): boolean {
    return !this.over && awaited(this.story, this.#state, sender, gate) !== undefined;
  }

  /** Told only what has changed. @param why - how the one that failed has ended */
  tellOthers(others: Others, why: string): void {
    if (!this.over && !isSame(this.#state.others, others)) this.feed({ type: 'others', others, why });
  }

  /** Runs that it waits for before it starts; while there are any, it touches nothing. */
  get after(): State['after'] {
    return this.over ? [] : this.#state.after;
  }

  /**
   * @param stable - the service's stable version @param after - runs that must have passed first
   * @returns when the declaration is in the journal @throws what the journal throws; then the run does not exist
   */
  async start(stable: string, after: readonly Earlier[] = []): Promise<void> {
    this.#state = { ...INITIAL, stable, after: [...after] };
    const { service, baseline, candidate } = this.story.terms;
    const message = this.story.releases
      ? `declared: ${service}, from ${baseline} to ${candidate}`
      : `declared: ${this.run.document.kind} of ${service}`;
    this.#record([{ type: 'declared', message, evidence: { source: this.run.source } }]);
    this.feed({ type: 'started' });
    await this.settled();
    if (this.#writeFailure === undefined) return;
    this.#closed = true;
    throw this.#writeFailure;
  }

  /** Takes up the run from its journal: what was decided and is not known to be done is done (again). */
  restore(folded: Folded): void {
    this.#state = folded.state;
    this.#nextSeq = folded.nextSeq;
    this.#startedAt = folded.startedAt;
    this.#updatedAt = folded.updatedAt;
    if (this.over) return;
    const awayMs = Math.max(0, this.#ports.wallClock().getTime() - Date.parse(folded.updatedAt));
    this.feed({ type: 'resumed', awayMs });
  }

  /** A report of some proxy. @param rows - of this run; may be empty, as may be the comparisons */
  observe(rows: readonly ArmRow[], users?: Users, comparisons: readonly Comparisons[] = []): void {
    if (this.over) return;
    if (users && this.story.takeUsers) this.#users = addUsers(this.#users, users);
    const assigned = rows.filter((row) => !row.preview);
    this.#seen = addSeen(this.#seen, assigned, this.#ports.nowMs());
    this.#rows.push(...rows);
    this.#comparisons.push(...comparisons);
    this.#reported = true;
    if (this.#ports.nowMs() - this.#countedAtMs >= COUNT_EVERY_MS) this.#count();
  }

  /** @throws MeshproofError REQUEST_INVALID when it has no such goal */
  reportGoal(report: GoalReport): GoalAnswer {
    const { place } = this.story;
    if (!place)
      throw new MeshproofError('REQUEST_INVALID', `${this.name} is a ${this.run.document.kind}: it has no goals`);
    const { version, why } = place(this.#state, report);
    if (version === null || why !== null) return { counted: false, version, why };
    this.#unsaved = this.#untold = true;
    this.feed({ type: 'goal', report });
    return { counted: true, version, why: null };
  }

  tick(): void {
    if (this.over && !this.#busy && this.#unwritten.length === 0) return;
    const nowMs = this.#ports.nowMs();
    const passedMs = Math.max(0, nowMs - this.#tickedAtMs);
    this.#tickedAtMs = nowMs;
    this.#count();
    this.#lookAtCalendar();
    this.feed({ type: 'tick', passedMs });
    this.#measuring.tick(isCompared(this.story, this.#state), nowMs, (event) => this.#measured(event));
    // That it is asked stands in the journal before it is.
    if (this.#unwritten.length === 0) this.#asking.tick(this.story, this.#state, (event) => this.feed(event));
    if (this.#unsaved && nowMs - this.#savedAtMs >= checkpointEveryMs(this.#state.ageMs)) this.#checkpoint();
    if (this.#untold && nowMs - this.#toldAtMs >= TELL_EVERY_MS) this.#tell();
    this.#pump();
  }

  /** Told only when it has changed, so that the reducer needs no clock. */
  #lookAtCalendar(): void {
    const { terms } = this.story;
    if (!hasCalendar(terms) || this.over) return;
    const known = this.#state.opening;
    const nowMs = this.#ports.nowMs();
    if (known !== null && nowMs - this.#calendarAtMs < CALENDAR_EVERY_MS) return;
    this.#calendarAtMs = nowMs;
    const opening = openingAt(terms, this.#ports.wallClock());
    if (known?.isOpen !== opening.isOpen || known.says !== opening.says) this.feed({ type: 'calendar', opening });
  }

  /** @returns what was decided */
  feed(event: Event): readonly Decision[] {
    if (this.#closed) return [];
    const { state, decisions } = advance(this.story, this.#state, event);
    this.#state = state;
    this.#record(decisions);
    this.#pump();
    return decisions;
  }

  view(): ExperimentView {
    return makeView({
      story: this.story,
      state: this.#state,
      seen: this.#seen,
      nowMs: this.#ports.nowMs(),
      startedAt: this.#startedAt,
      updatedAt: this.#updatedAt,
    });
  }

  /** Resolves when everything decided so far is journalled and carried out, or waits to be tried again. */
  async settled(): Promise<void> {
    while (this.#busy) await this.#work;
  }

  /** Stops deciding; what is under way is finished. The run stays as it is, to be taken up again. */
  async close(): Promise<void> {
    this.#count();
    if (this.#unsaved) this.#checkpoint();
    this.#closed = true;
    await this.settled();
  }

  #count(): void {
    if (!this.#reported) return;
    const [rows, comparisons] = [this.#rows, this.#comparisons];
    this.#rows = [];
    this.#comparisons = [];
    this.#reported = false;
    this.#countedAtMs = this.#ports.nowMs();
    if (rows.length + comparisons.length > 0 || this.#users) {
      this.#unsaved = this.#untold = true;
      this.#updatedAt = this.#ports.wallClock().toISOString();
    }
    const users = this.#users;
    this.#users = undefined;
    this.feed({ type: 'observed', rows, comparisons, ...(users ? { users } : {}) });
    if (this.#untold && this.#countedAtMs - this.#toldAtMs >= TELL_EVERY_MS) this.#tell();
  }

  #measured(event: MeasuredEvent): void {
    this.#unsaved = this.#untold = true;
    this.feed(event);
  }

  #checkpoint(): void {
    const { judgement, totals } = this.#state;
    this.#record([{ type: 'checkpoint', message: 'the evidence so far', evidence: { judgement, totals } }]);
    this.#pump();
  }

  /** Makes entries of decisions. The last one carries the state, in which all of them are taken. */
  #record(decisions: readonly Decision[]): void {
    if (decisions.length === 0) return;
    const at = (this.#updatedAt = this.#ports.wallClock().toISOString());
    decisions.forEach(({ type, message, evidence }, i) => {
      const data = i === decisions.length - 1 ? { ...evidence, [STATE_KEY]: this.#state } : { ...evidence };
      this.#unwritten.push({ experimentId: this.run.id, seq: this.#nextSeq++, at, type, message, data });
    });
    this.#unsaved = false;
    this.#savedAtMs = this.#ports.nowMs();
  }

  #pump(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#work = this.#workOff();
  }

  async #workOff(): Promise<void> {
    for (;;) {
      const task = this.#nextTask();
      if (!task) {
        this.#busy = false;
        return;
      }
      await task();
    }
  }

  /** The journal first; then the oldest effect whose time has come. */
  #nextTask(): (() => Promise<void>) | undefined {
    const nowMs = this.#ports.nowMs();
    if (this.#unwritten.length > 0) return this.#backoff.due('journal', nowMs) ? () => this.#write() : undefined;
    if (this.#closed) return undefined;
    const next = nextEffect(this.#state, (id) => this.#backoff.due(id, nowMs));
    return next && (() => this.#carryOut(next));
  }

  async #write(): Promise<void> {
    const entries = [...this.#unwritten];
    try {
      // After a failure, what was written all the same must not be written again.
      const missing = this.#writeFailure === undefined ? entries : await this.#missing(entries);
      if (missing === undefined) return this.#lose();
      if (missing.length > 0) await this.#ports.journal.append(missing);
    } catch (error) {
      return this.#onWriteFailure(error instanceof Error ? error : new Error(String(error)), entries);
    }
    this.#unwritten.splice(0, entries.length);
    this.#backoff.succeeded('journal');
    this.#writeFailure = undefined;
    const told = entries.filter((entry) => entry.type !== 'checkpoint');
    for (const entry of told) this.#ports.onJournal(forPeople(entry));
    if (told.length > 0) this.#tell();
  }

  async #missing(entries: readonly JournalEntry[]): Promise<readonly JournalEntry[] | undefined> {
    return notYetWritten(entries, await this.#ports.journal.read(this.run.id));
  }

  /** Another runner has this run: it decides from now on, and this one must not touch the overlay any more. */
  #lose(): void {
    this.#lost = this.#closed = true;
    this.#unwritten = [];
  }

  /** The way back to the baseline never waits for the journal; everything else does. */
  async #onWriteFailure(error: Error, entries: readonly JournalEntry[]): Promise<void> {
    const first = this.#writeFailure === undefined;
    this.#writeFailure = error;
    this.#backoff.failed('journal', this.#ports.nowMs());
    if (!first) return;
    const missing = await this.#missing(entries).catch(() => entries);
    if (missing === undefined) return this.#lose();
    this.feed({ type: 'journal-failed', message: error.message });
    if (this.#state.phase === 'rolling-back') await this.#perform({ type: 'drop-overlay' }).catch(() => undefined);
    this.#tell();
  }

  async #carryOut({ id, effect }: Pending): Promise<void> {
    try {
      await this.#perform(effect);
    } catch (error) {
      this.#backoff.failed(id, this.#ports.nowMs());
      this.feed(failedEvent(id, error));
      return;
    }
    this.#backoff.succeeded(id);
    this.feed({ type: 'effect-done', id });
  }

  async #perform(effect: Effect): Promise<void> {
    const { overlays, services } = this.#ports;
    switch (effect.type) {
      case 'set-overlay':
        return overlays.set(effect.overlay);
      case 'drop-overlay':
        return overlays.drop(this.run.id);
      case 'confirm':
        return overlays.confirm();
      case 'move-stable':
        return services.moveStable(this.story.terms.service, effect.from, effect.to);
    }
  }

  #tell(): void {
    this.#untold = false;
    this.#toldAtMs = this.#ports.nowMs();
    this.#ports.onChange(this.view());
  }
}
