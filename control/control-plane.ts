/** The parts of a control plane, put together, and the answers that the API and the live stream give from them. */
import { randomBytes } from 'node:crypto';
import { isExperimentDocument } from '../contracts/document.ts';
import type { ServiceDocument, SourceDocument } from '../contracts/document.ts';
import type { HaltResult } from '../contracts/api.ts';
import { MeshproofError } from '../contracts/errors.ts';
import { secretsOf } from '../contracts/receiver.ts';
import type { ChainReport, ExperimentView, JournalEntry } from '../contracts/experiment.ts';
import type { IncomingAnswer } from '../contracts/incoming.ts';
import type { DeliveryView } from '../contracts/notification.ts';
import type { LiveMessage, ServiceView } from '../contracts/live.ts';
import type { RunnerApi } from '../experiments/ports.ts';
import { forPeople } from '../experiments/journal-types.ts';
import { isOverPhase } from './experiments/phase.ts';
import { createRunner } from '../experiments/runner.ts';
import { checkAlone, validOnes } from './documents/check.ts';
import { Documents } from './documents/documents.ts';
import { needsOfRunning } from './documents/needs.ts';
import { Hub } from './distribution/hub.ts';
import type { Identities } from './identity/identities.ts';
import { portsOf } from './experiments/ports.ts';
import { Taps } from './live/taps.ts';
import { LiveStream } from './live/live-stream.ts';
import type { Log } from './log.ts';
import { hear } from './incoming/hear.ts';
import type { RawMessage } from './incoming/hear.ts';
import { announcing } from './notifications/announcing.ts';
import { Deliveries, viewOf } from './notifications/deliveries.ts';
import { Secrets } from './outgoing/secrets.ts';
import { WebhookAsker } from './outgoing/webhooks.ts';
import type { Store } from './store/store.ts';
import { ArmTelemetry } from './telemetry/arms.ts';
import { ServiceTelemetry } from './telemetry/services.ts';

const TICK_MS = 100;
const SECOND_MS = 1_000;

/** Clocks, chance, the log, who gives out certificates, and the secrets that documents name (none, where not given). */
export type Surroundings = {
  readonly wallClock: () => Date;
  readonly nowMs: () => number;
  readonly identities: Identities;
  readonly log: Log;
  readonly secrets?: Secrets;
  readonly random?: () => number;
};

export class ControlPlane {
  readonly store: Store;
  readonly documents: Documents;
  readonly hub: Hub;
  readonly runner: RunnerApi;
  readonly live = new LiveStream();
  readonly taps: Taps;
  readonly identities: Identities;
  readonly #services = new ServiceTelemetry();
  readonly #arms = new ArmTelemetry();
  readonly #secrets: Secrets;
  readonly #webhooks: WebhookAsker;
  readonly deliveries: Deliveries;
  readonly #wallClock: () => Date;
  readonly #log: Log;
  readonly #timers: NodeJS.Timeout[];

  private constructor(store: Store, documents: Documents, hub: Hub, surroundings: Surroundings) {
    const { wallClock, nowMs, log, secrets = new Secrets('', {}), random = Math.random } = surroundings;
    this.identities = surroundings.identities;
    this.store = store;
    this.documents = documents;
    this.hub = hub;
    this.#wallClock = wallClock;
    this.#log = log;
    this.#secrets = secrets;
    this.#webhooks = new WebhookAsker({ secrets, wallClock, random });
    const onDelivery = (delivery: DeliveryView): void => this.live.publish({ type: 'delivery', delivery });
    this.deliveries = new Deliveries({
      store,
      documents,
      secrets,
      wallClock,
      nowMs,
      random,
      log,
      onChange: onDelivery,
    });
    const append = announcing({ store, documents, onMade: (made) => this.deliveries.add(made) });
    const onChange = (experiment: ExperimentView): void => this.live.publish({ type: 'experiment', experiment });
    const onJournal = (entry: JournalEntry): void => this.live.publish({ type: 'journal', entry: forPeople(entry) });
    const ask: WebhookAsker['ask'] = (hook, question) => this.#webhooks.ask(hook, question);
    this.runner = createRunner(portsOf({ store, documents, hub, wallClock, nowMs, ask, append, onChange, onJournal }));
    documents.running = () => needsOfRunning(this.runner.views());
    hub.onReport = ({ traffic, arms, hits, comparisons }) => {
      // The judge first: a rollback must not wait for charts.
      this.runner.observe(arms, traffic, hits, comparisons);
      const now = wallClock().getTime();
      this.#services.add(traffic, now);
      this.#arms.add(arms, (id) => hub.overlays().some((o) => o.experimentId === id), now);
    };
    this.taps = new Taps({
      tell: (text) => hub.tell(text),
      services: () => this.#declaredServices().map((service) => service.metadata.name),
      nowMs,
    });
    hub.onTapped = (node, message) => this.taps.heard(node, message);
    hub.identify = (node, request) => this.identities.answer(node, request);
    hub.standing = () => this.taps.standing();
    // Whoever halts one proxy means the experiment: it must not go on at the others.
    hub.onHalted = (node) => {
      this.runner
        .halt(`proxy ${node}`, 'halted at its admin address')
        .then((experiments) => log.warn({ node, experiments }, 'a proxy was halted: every experiment is rolled back'))
        .catch((err: unknown) =>
          log.error({ node, err }, 'experiments could not be rolled back after the halt of a proxy'),
        );
    };
    this.#arms.onPoint = (experimentId, point) => this.live.publish({ type: 'point', experimentId, point });
    this.#timers = [
      setInterval(() => this.runner.tick(), TICK_MS),
      setInterval(() => this.deliveries.tick(), TICK_MS),
      setInterval(() => this.#everySecond(), SECOND_MS),
    ];
  }

  /** Opens on a store, and takes up every experiment of its journal. */
  static async open(store: Store, surroundings: Surroundings): Promise<ControlPlane> {
    const documents = await Documents.load(store);
    const { wallClock, log } = surroundings;
    const hub = new Hub({ documents, overlays: await store.overlays(), wallClock, log });
    const plane = new ControlPlane(store, documents, hub, surroundings);
    try {
      await plane.deliveries.resume();
      await plane.runner.resume();
      await plane.#dropOrphans();
    } catch (error) {
      await plane.close();
      throw error;
    }
    return plane;
  }

  /** An overlay whose experiment does not run any more (its journal is gone or damaged) must not be sent for ever. */
  async #dropOrphans(): Promise<void> {
    const running = this.#running();
    const kept = this.hub.overlays().filter((o) => running.has(o.experimentId));
    const orphans = this.hub.overlays().filter((o) => !running.has(o.experimentId));
    if (orphans.length === 0) return;
    this.hub.setOverlays(kept);
    for (const { experimentId } of orphans) await this.store.dropOverlay(experimentId);
  }

  /** Starts a run of a document. @throws MeshproofError DOCUMENT_INVALID, EXPERIMENT_RUNNING, EXPERIMENT_OVERLAP, BASELINE_NOT_STABLE, SECRET_MISSING */
  async run(source: SourceDocument): Promise<ExperimentView> {
    const [document] = checkAlone([source]);
    if (!document || !isExperimentDocument(document)) {
      throw new MeshproofError('DOCUMENT_INVALID', `a ${document?.kind} is not an experiment; apply it instead`);
    }
    const senders = document.spec.incoming.map((sender) => sender.signingSecret);
    for (const name of [...document.spec.webhooks.flatMap(secretsOf), ...senders]) await this.#secrets.read(name);
    const id = `exp_${this.#wallClock().getTime().toString(36)}${randomBytes(4).toString('hex')}`;
    return this.runner.run(id, document, source);
  }

  /** An incoming webhook. @throws MeshproofError SIGNATURE_REFUSED, and as the runner's `hear` */
  hear(message: RawMessage): Promise<IncomingAnswer> {
    const nowMs = (): number => this.#wallClock().getTime();
    return hear(message, { runner: this.runner, secrets: this.#secrets, nowMs });
  }

  /** @throws MeshproofError EXPERIMENT_NOT_FOUND */
  experiment(name: string): ExperimentView {
    const view = this.runner.view(name);
    if (!view)
      throw new MeshproofError(
        'EXPERIMENT_NOT_FOUND',
        `no experiment "${name}" was run here; start it with: meshproof run FILE`,
      );
    return view;
  }

  /** @param name - of an experiment, whose last run it is, or the id of any run */
  async journal(name: string): Promise<readonly JournalEntry[]> {
    const entries = await this.store.readJournal(await this.#runId(name));
    return entries.map(forPeople);
  }

  /** @param name - as for the journal */
  async deliveriesOf(name: string): Promise<readonly DeliveryView[]> {
    return (await this.store.deliveriesOf(await this.#runId(name))).map(viewOf);
  }

  async chain(name: string): Promise<ChainReport> {
    return this.store.verifyJournal(await this.#runId(name));
  }

  async chains(): Promise<readonly ChainReport[]> {
    const ids = await this.store.journals();
    return Promise.all(ids.map((id) => this.store.verifyJournal(id)));
  }

  async #runId(name: string): Promise<string> {
    if (this.runner.view(name) === undefined && (await this.store.journals()).includes(name)) return name;
    return this.experiment(name).id;
  }

  points(name: string): ReturnType<ArmTelemetry['points']> {
    return this.#arms.points(this.experiment(name).id);
  }

  services(): ServiceView[] {
    const now = this.#wallClock().getTime();
    return this.#declaredServices().map((service) => this.#services.view(service, now));
  }

  #declaredServices(): readonly ServiceDocument[] {
    return validOnes(this.documents.config()).filter((document) => document.kind === 'Service');
  }

  /** Ids of the runs that have not ended. */
  #running(): ReadonlySet<string> {
    const views = this.runner.views().filter((view) => !isOverPhase(view.phase));
    return new Set(views.map((view) => view.id));
  }

  /**
   * Proxies first: they drop overlays and faults before anything is written down. Faults are taken out of the
   * configuration too: a proxy that was away, or that starts later, would inject them again.
   */
  async halt(by: string, reason: string, nowMs: () => number): Promise<HaltResult> {
    const startMs = nowMs();
    const proxies = this.hub.halt(reason);
    const [experiments, faults] = await Promise.all([this.runner.halt(by, reason), this.documents.removeFaults()]);
    this.#log.warn({ by, reason, experiments, faults, proxies }, 'halted');
    return { experiments, faults, proxies, tookMs: Math.round(nowMs() - startMs) };
  }

  overview(): LiveMessage {
    const now = this.#wallClock().getTime();
    return {
      type: 'overview',
      at: now,
      services: this.#declaredServices().map((service) => ({
        ...this.#services.signals(service, now),
        point: this.#services.lastPoint(service.metadata.name, now),
      })),
      experiments: [...this.runner.views()],
      proxies: [...this.hub.views()],
    };
  }

  /** The store stays open: it is whose who opened it. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#webhooks.close();
    await this.runner.close();
    await this.deliveries.close();
    this.live.close();
    this.taps.close();
    this.hub.close();
  }

  #everySecond(): void {
    const now = this.#wallClock().getTime();
    this.#services.trim(now);
    this.#arms.turn(this.#running(), now);
    if (this.live.clients > 0) this.live.publish(this.overview());
  }
}
