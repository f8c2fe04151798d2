/** The runner: all experiments of a control plane, started, fed, resumed and ended. */
import type { GoalAnswer, GoalReport } from '../contracts/api.ts';
import type { Comparisons } from '../contracts/comparison.ts';
import type { ExperimentDocument, SourceDocument } from '../contracts/document.ts';
import { keyOf } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import type { ExperimentView } from '../contracts/experiment.ts';
import { togetherIssues, togetherOf } from '../contracts/together.ts';
import type { ArmRow, HitRow, TrafficRow } from '../contracts/telemetry.ts';
import { endDamaged } from './damaged-run.ts';
import { ExperimentRun } from './experiment-run.ts';
import { foldJournal } from './journal.ts';
import { isOver } from './life.ts';
import type { EntryType } from './journal-types.ts';
import { checkAllowed } from './incoming.ts';
import type { Heard, IncomingMessage, Ports, RunnerApi } from './ports.ts';
import { servicesOf } from './scope.ts';
import type { Event } from './state.ts';
import { checkNames, checkStart } from './start-checks.ts';
import { othersOf } from './together.ts';
import { earlierRuns, turnOf } from './turn.ts';
import { usersOf } from './users.ts';

export function createRunner(ports: Ports): RunnerApi {
  return new Runner(ports);
}

/** A run that is led here, or what is left of one whose journal is damaged. */
type Known = { readonly name: string; readonly view: () => ExperimentView };

/** How a release stands that goes together with another one. */
type Other = { readonly standing: ExperimentRun['standing']; readonly reason: string };

class Runner implements RunnerApi {
  readonly #ports: Ports;
  #runs: readonly ExperimentRun[] = [];
  /** Oldest first; the last run of a name is the one that counts. */
  readonly #known: Known[] = [];
  /** Being checked and declared: they are in the way of others already. */
  readonly #starting = new Set<ExperimentRun>();
  #lastHalt: { readonly by: string; readonly reason: string } | undefined;

  constructor(ports: Ports) {
    this.#ports = ports;
  }

  async run(id: string, document: ExperimentDocument, source: SourceDocument): Promise<ExperimentView> {
    this.#refuseSameName(document);
    this.#refuseOneSided(document);
    const after = earlierRuns(document, this.views());
    if (after.length === 0) this.#refuseOverlap(document);
    const run = new ExperimentRun(this.#ports, id, document, source);
    const haltBefore = this.#lastHalt;
    this.#starting.add(run);
    try {
      // With others before it, what must hold is asked when its turn has come; that its names exist, now.
      if (after.length > 0) await checkNames(this.#ports, document);
      await run.start(after.length > 0 ? '' : await checkStart(this.#ports, document), after);
      this.#lead(run);
    } finally {
      this.#starting.delete(run);
    }
    const halt = this.#lastHalt;
    if (halt && halt !== haltBefore) run.feed({ type: 'abort', ...halt });
    return run.view();
  }

  #refuseSameName({ metadata: { name } }: ExperimentDocument): void {
    if ([...this.#running(), ...this.#starting].some((run) => run.name === name))
      throw new MeshproofError('EXPERIMENT_RUNNING', `${name} runs already; wait for its end, or abort it`);
  }

  /** Releases that go together name each other. */
  #refuseOneSided(document: ExperimentDocument): void {
    const others = this.#running().map((run) => run.run.document);
    const [issue] = togetherIssues(document, others);
    if (issue) throw new MeshproofError('DOCUMENT_INVALID', `${keyOf(document)} spec.together: ${issue.message}`);
    const { name } = document.metadata;
    const other = others.find((d) => togetherOf(d).includes(name) && !togetherOf(document).includes(d.metadata.name));
    if (!other) return;
    const why = `${other.metadata.name} is released together with ${name}; name it here, and the others that it names`;
    throw new MeshproofError('DOCUMENT_INVALID', `${keyOf(document)} spec.together: ${why}`);
  }

  /** @param self - the run whose turn has come */
  #refuseOverlap(document: ExperimentDocument, self?: ExperimentRun): void {
    const services = servicesOf(document);
    const others = [...this.#running().filter((run) => run.after.length === 0), ...this.#starting];
    for (const other of others) {
      if (other === self) continue;
      const service = servicesOf(other.run.document).find((s) => services.includes(s));
      if (service === undefined) continue;
      throw new MeshproofError(
        'EXPERIMENT_OVERLAP',
        `${other.name} touches the traffic of ${service} too; wait for its end, or abort it`,
      );
    }
  }

  #lead(run: ExperimentRun): void {
    this.#runs = [...this.#runs, run];
    this.#known.push({ name: run.name, view: () => run.view() });
  }

  async resume(): Promise<void> {
    for (const id of await this.#ports.journal.list()) {
      try {
        const folded = foldJournal(await this.#ports.journal.read(id));
        if (!isOver(folded.state)) await this.#checkChain(id);
        const run = new ExperimentRun(this.#ports, id, folded.document, folded.source);
        run.restore(folded);
        this.#lead(run);
      } catch (error) {
        const view = await endDamaged(this.#ports, id, error);
        this.#known.push({ name: view.name, view: () => view });
      }
    }
    await this.settled();
  }

  /** What goes on from a journal must not go on from a forged one. @throws MeshproofError JOURNAL_DAMAGED */
  async #checkChain(id: string): Promise<void> {
    const report = await this.#ports.journal.verify?.(id);
    if (report && !report.intact) throw new MeshproofError('JOURNAL_DAMAGED', report.breaks[0]?.message ?? 'no entry');
  }

  observe(
    rows: readonly ArmRow[],
    traffic: readonly TrafficRow[] = [],
    hits: readonly HitRow[] = [],
    comparisons: readonly Comparisons[] = [],
  ): void {
    for (const run of this.#running()) {
      const isOwn = ({ experimentId }: { readonly experimentId: string }): boolean => experimentId === run.run.id;
      const users = run.story.takeUsers && usersOf(run.run, traffic, hits);
      run.observe(rows.filter(isOwn), users, comparisons.filter(isOwn));
    }
  }

  tick(): void {
    for (const run of this.#runs) run.tick();
    for (const run of this.#running()) if (run.after.length > 0) this.#lookForTurn(run);
    for (const run of this.#running()) if (togetherOf(run.run.document).length > 0) this.#lookAtOthers(run);
  }

  #lookAtOthers(run: ExperimentRun): void {
    const found = new Map(togetherOf(run.run.document).map((name) => [name, this.#otherOf(run, name)]));
    const others = othersOf(new Map([...found].map(([name, other]) => [name, other?.standing])));
    run.tellOthers(others, found.get(others.failed ?? '')?.reason ?? '');
  }

  /** By the run that it was declared with: a later one of the same name is another release. */
  #otherOf(run: ExperimentRun, name: string): Other | undefined {
    const known = run.peers.find((peer) => peer.name === name);
    const other = known
      ? this.#runs.find((r) => r.run.id === known.id)
      : this.#running().find((r) => r.name === name && togetherOf(r.run.document).includes(run.name));
    if (!other) return known && { standing: 'failed', reason: `${name} is not known any more` };
    if (!known) run.feed({ type: 'joined', peer: { name, id: other.run.id } });
    return { standing: other.standing, reason: other.view().reason };
  }

  #lookForTurn(run: ExperimentRun): void {
    const turn = turnOf(run.after, (id) => this.#runs.find((other) => other.run.id === id)?.view());
    if (turn.never !== undefined) run.feed({ type: 'no-turn', why: turn.never });
    else if (turn.isCome && !this.#starting.has(run)) void this.#takeTurn(run);
  }

  /** What held when it was declared may not hold any more: then it does not start, and says why. */
  async #takeTurn(run: ExperimentRun): Promise<void> {
    this.#starting.add(run);
    try {
      this.#refuseOverlap(run.run.document, run);
      run.feed({ type: 'turn', stable: await checkStart(this.#ports, run.run.document) });
    } catch (error) {
      run.feed({ type: 'no-turn', why: error instanceof MeshproofError ? error.detail : String(error) });
    } finally {
      this.#starting.delete(run);
    }
  }

  async abort(name: string, by: string, reason: string, messageId?: string): Promise<ExperimentView> {
    const run = this.#find(name);
    run.feed({ type: 'abort', by, reason, messageId });
    await run.settled();
    return run.view();
  }

  async promote(name: string, by: string, reason: string, messageId?: string): Promise<ExperimentView> {
    const run = this.#find(name);
    if (run.phase === 'rolling-back')
      throw new MeshproofError('EXPERIMENT_ENDED', `${name} is being rolled back: ${run.view().reason}`);
    if (!run.story.releases)
      throw new MeshproofError('REQUEST_INVALID', `${name} is a ${run.run.document.kind}: it promotes nothing`);
    run.feed({ type: 'promote', by, reason, messageId });
    await run.settled();
    return run.view();
  }

  reportGoal(name: string, report: GoalReport): GoalAnswer {
    return this.#find(name).reportGoal(report);
  }

  approve(name: string, by: string, reason: string, messageId?: string): Promise<ExperimentView> {
    return this.#tell(name, { type: 'approve', by, reason, messageId }, 'approved', 'waits for no approval');
  }

  pause(name: string, by: string, reason: string, messageId?: string): Promise<ExperimentView> {
    return this.#tell(name, { type: 'pause', by, reason, messageId }, 'paused', 'cannot be paused now');
  }

  unpause(name: string, by: string, reason: string, messageId?: string): Promise<ExperimentView> {
    return this.#tell(name, { type: 'unpause', by, reason, messageId }, 'unpaused', 'is not paused');
  }

  /** @param entry - what the journal then says @param refusal - what is said when it does not */
  async #tell(name: string, event: Event, entry: EntryType, refusal: string): Promise<ExperimentView> {
    const run = this.#find(name);
    if (!run.feed(event).some(({ type }) => type === entry))
      throw new MeshproofError('REQUEST_INVALID', `${name} ${refusal}: ${run.view().reason}`);
    await run.settled();
    return run.view();
  }

  async hear(name: string, message: IncomingMessage): Promise<Heard> {
    // Of an earlier run too: what was said of that one is not said of this one.
    const earlier = this.#runs.findLast((run) => run.name === name && run.hasHeard(message.id));
    if (earlier) return { repeated: true, view: earlier.view() };
    const run = this.#find(name);
    checkAllowed(run.run, message);
    return { repeated: false, view: await this.#act(run, message) };
  }

  #act(run: ExperimentRun, { sender, id, body }: IncomingMessage): Promise<ExperimentView> {
    const { name } = run;
    const by = `webhook ${sender}`;
    const { reason = 'no reason given' } = body;
    switch (body.action) {
      case 'report':
        return this.#report(run, { type: 'reported', sender, messageId: id, says: reason, ...body });
      case 'approve':
        return this.approve(name, by, reason, id);
      case 'pause':
        return this.pause(name, by, reason, id);
      case 'resume':
        return this.unpause(name, by, reason, id);
      case 'promote':
        return this.promote(name, by, reason, id);
      case 'abort':
        return this.abort(name, by, reason, id);
    }
  }

  async #report(run: ExperimentRun, reported: Extract<Event, { type: 'reported' }>): Promise<ExperimentView> {
    const { sender, gate } = reported;
    if (!run.awaits(sender, gate))
      throw new MeshproofError('GATE_NOT_WAITING', `${run.name} does not stand at ${gate} now: ${run.view().reason}`);
    run.feed(reported);
    await run.settled();
    return run.view();
  }

  async halt(by: string, reason: string): Promise<readonly string[]> {
    this.#lastHalt = { by, reason }; // for those that are being started
    const running = this.#running();
    for (const run of running) run.feed({ type: 'abort', by, reason });
    await Promise.all(running.map((run) => run.settled()));
    return running.map((run) => run.name);
  }

  views(): readonly ExperimentView[] {
    const last = new Map(this.#known.map((known) => [known.name, known]));
    return this.#known
      .filter((known) => last.get(known.name) === known)
      .reverse()
      .map((known) => known.view());
  }

  view(name: string): ExperimentView | undefined {
    return this.#known.findLast((known) => known.name === name)?.view();
  }

  async settled(): Promise<void> {
    await Promise.all(this.#runs.map((run) => run.settled()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#runs.map((run) => run.close()));
  }

  #running(): readonly ExperimentRun[] {
    return this.#runs.filter((run) => !run.over);
  }

  #find(name: string): ExperimentRun {
    const run = this.#running().find((r) => r.name === name);
    if (run) return run;
    const ended = this.view(name);
    if (!ended) throw new MeshproofError('EXPERIMENT_NOT_FOUND', `no experiment "${name}" was run here`);
    throw new MeshproofError('EXPERIMENT_ENDED', `${name} has ended: ${ended.reason}`);
  }
}
