/** What the runner needs from the world. The control plane implements it; tests and the simulator do too. */
import type { GoalAnswer, GoalReport } from '../contracts/api.ts';
import type { Provider } from '../contracts/check.ts';
import type { Comparisons } from '../contracts/comparison.ts';
import type { ExperimentDocument, SourceDocument } from '../contracts/document.ts';
import type { ChainReport, ExperimentView, JournalEntry } from '../contracts/experiment.ts';
import type { IncomingBody } from '../contracts/incoming.ts';
import type { Overlay } from '../contracts/overlay.ts';
import type { ArmRow, HitRow, TrafficRow } from '../contracts/telemetry.ts';
import type { Verdict } from '../contracts/verdict.ts';
import type { Webhook } from '../contracts/webhook.ts';

/** @property why - there is no data, where the value is null */
export type Measurement = { readonly value: number | null; readonly why: string };

/** What a webhook is told: the run as it stands, and what it is about to do. */
export type Question = {
  readonly type: Webhook['at'];
  /** The same each time that the same is asked: by it, a receiver starts what it starts only once. */
  readonly question: string;
  readonly name: string;
  readonly run: string;
  readonly kind: string;
  readonly service: string;
  readonly baseline: string;
  readonly candidate: string;
  readonly phase: string;
  /** 1, 2 …: the step that would begin, or the present one; 0 before the first. */
  readonly step: number;
  readonly steps: number;
  /** Of that step, in percent. */
  readonly weight: number;
  readonly verdict: Verdict;
  readonly reason: string;
  readonly totals: Readonly<Record<string, number>>;
  readonly metadata: Readonly<Record<string, string>>;
};

/** @property id - the same each time that the same message is sent */
export type IncomingMessage = { readonly sender: string; readonly id: string; readonly body: IncomingBody };
/** @property repeated - it was taken before, and changed nothing now */
export type Heard = { readonly repeated: boolean; readonly view: ExperimentView };

export type Answer = { readonly answer: 'yes' | 'no' | 'error'; readonly says: string };

export type Ports = {
  readonly journal: {
    /** Durable when it resolves. Rejects when a seq of the experiment is taken already (two runners). */
    append(entries: readonly JournalEntry[]): Promise<void>;
    read(experimentId: string): Promise<readonly JournalEntry[]>;
    /** Experiments that have a journal: id, in the order of their start. */
    list(): Promise<readonly string[]>;
    /** Whether the journal is as it was written, where its entries are chained. */
    verify?(experimentId: string): Promise<ChainReport>;
  };
  readonly overlays: {
    /** Puts the overlay in the place of the experiment's earlier one and sends it to the proxies. Idempotent by (experimentId, epoch). */
    set(overlay: Overlay): Promise<void>;
    /** Idempotent. */
    drop(experimentId: string): Promise<void>;
    /** Resolves when every proxy that is connected has acknowledged the overlays as they are. Rejects with ROLLBACK_UNCONFIRMED. */
    confirm(): Promise<void>;
  };
  readonly services: {
    /** The service's stable version, or undefined when there is no such service (or no such version). */
    stable(service: string): Promise<string | undefined>;
    versions(service: string): Promise<readonly string[]>;
    /** Moves `stable` from one version to another. Idempotent: already at `to` is success. Rejects with BASELINE_NOT_STABLE when it is at neither. */
    moveStable(service: string, from: string, to: string): Promise<void>;
  };
  /** Asks a provider for a figure. No data is an answer: it never rejects. @param variables - for {{name}} in the query */
  readonly measure?: (provider: Provider, variables: Readonly<Record<string, string>>) => Promise<Measurement>;
  /** Asks a webhook, with its retries. Says why in `says` where there is no answer. */
  readonly ask?: (webhook: Webhook, question: Question) => Promise<Answer>;
  /** Wall clock, for the journal's times and the calendar of promotions only. */
  readonly wallClock: () => Date;
  /** Monotonic milliseconds, for every decision. */
  readonly nowMs: () => number;
  /** Told after every change, for the live stream. */
  readonly onChange: (view: ExperimentView) => void;
  readonly onJournal: (entry: JournalEntry) => void;
};

/** The runner as the control plane uses it. Implemented by experiments/runner.ts. */
export interface RunnerApi {
  /** Starts an experiment. Rejects with EXPERIMENT_RUNNING, EXPERIMENT_OVERLAP, BASELINE_NOT_STABLE, DOCUMENT_INVALID. */
  run(id: string, document: ExperimentDocument, source: SourceDocument): Promise<ExperimentView>;
  /** Takes up every experiment of the journal: those that had not ended go on, or are rolled back. Call once, before run. */
  resume(): Promise<void>;
  /**
   * New counts of the arms, from the proxies. Called for every report, also for one without rows: that a proxy reports
   * and has no request is "no traffic"; that none reports is "no data". Rows of unknown experiments or of an older epoch's arms are counted or ignored, never an error.
   */
  observe(
    rows: readonly ArmRow[],
    traffic?: readonly TrafficRow[],
    hits?: readonly HitRow[],
    comparisons?: readonly Comparisons[],
  ): void;
  /** Lets time pass; called several times a second. */
  tick(): void;
  /** Ends it now, by rolling back. Rejects with EXPERIMENT_NOT_FOUND, EXPERIMENT_ENDED. */
  abort(name: string, by: string, reason: string): Promise<ExperimentView>;
  /** A person promotes (from `held`, or early). Rejects with REQUEST_INVALID where there is nothing to release. */
  promote(name: string, by: string, reason: string): Promise<ExperimentView>;
  /** A goal of an A/B test, told by others than a proxy. Throws EXPERIMENT_NOT_FOUND, EXPERIMENT_ENDED, REQUEST_INVALID (no such goal). */
  reportGoal(name: string, report: GoalReport): GoalAnswer;
  /** A person lets the step go on that waits for approval. Rejects with REQUEST_INVALID when none waits. */
  approve(name: string, by: string, reason: string): Promise<ExperimentView>;
  /** A person stops the clock of the step, or lets it go on. Rejects with REQUEST_INVALID when there is nothing to pause or resume. */
  pause(name: string, by: string, reason: string): Promise<ExperimentView>;
  unpause(name: string, by: string, reason: string): Promise<ExperimentView>;
  /**
   * A sender of its document speaks, with a message whose signature was checked. Takes each message once.
   * Rejects with ACTION_REFUSED, GATE_NOT_WAITING, EXPERIMENT_NOT_FOUND, EXPERIMENT_ENDED, and as approve and the others do.
   */
  hear(name: string, message: IncomingMessage): Promise<Heard>;
  /** Rolls every running experiment back. @returns the names */
  halt(by: string, reason: string): Promise<readonly string[]>;
  /** The last run of each name, newest first. */
  views(): readonly ExperimentView[];
  view(name: string): ExperimentView | undefined;
  /** Resolves when everything decided so far is journalled and carried out. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
