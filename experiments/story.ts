/**
 * What the common life (life.ts) asks of each kind of experiment. A kind tells its own part of the story, from its
 * declaration to its verdict; what is the same for all (roll back, promote, watch, resume) stands in files of its own.
 */
import type { GoalReport } from '../contracts/api.ts';
import type { Analysis } from '../contracts/canary.ts';
import type { Comparisons } from '../contracts/comparison.ts';
import type { ExperimentDocument, SourceDocument } from '../contracts/document.ts';
import type { FaultView, Phase } from '../contracts/experiment.ts';
import type { Incoming } from '../contracts/incoming.ts';
import type { Match } from '../contracts/match.ts';
import type { Overlay } from '../contracts/overlay.ts';
import type { Freeze, PromotionWindow } from '../contracts/promotion-windows.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import type { UserKey } from '../contracts/user-key.ts';
import type { Webhook } from '../contracts/webhook.ts';
import type { State, Transition, Users } from './state.ts';

/** What stays the same over the whole run. */
export type Run<D extends ExperimentDocument = ExperimentDocument> = {
  readonly id: string;
  readonly document: D;
  /** As a person wrote it: what of it goes to the proxies, goes in that form. */
  readonly source: SourceDocument;
};

/** What every document settles, in the words of the Canary. */
export type Terms = {
  readonly service: string;
  readonly baseline: string;
  readonly candidate: string;
  /** The candidate is compared with it, not with the baseline. */
  readonly freshBaseline?: string | undefined;
  /** Only these requests take part. */
  readonly match?: Match | undefined;
  readonly sticky?: UserKey | undefined;
  readonly lease: number;
  readonly deadline: number;
  /** Before the first step. */
  readonly measure: number;
  readonly watch: { readonly for: number; readonly maxErrors: number };
  /** A person must approve the promotion (a switch, where there is one). */
  readonly approval?: boolean;
  readonly approvalTimeout?: number | undefined;
  /** Releases with which it is promoted or rolled back. */
  readonly together?: readonly string[];
  /** When it may move forward. */
  readonly windows?: readonly PromotionWindow[];
  readonly freezes?: readonly Freeze[];
  readonly webhooks?: readonly Webhook[];
  readonly incoming?: Incoming;
  readonly onInconclusive: 'rollback' | 'promote' | 'hold';
  readonly analysis: Pick<Analysis, 'alpha' | 'metrics' | 'warmup' | 'checks'> & Partial<Pick<Analysis, 'guards'>>;
};

export type Story = {
  readonly run: Run;
  /** Whether it may end by promoting a version. */
  readonly releases: boolean;
  readonly terms: Terms;
  /** The phases that this kind tells itself; its overlay stands, and nothing is decided yet. */
  readonly phases: readonly Phase[];
  /** Those in which the candidate is compared, or guarded: checks are asked. */
  readonly comparing: readonly Phase[];
  /** The candidate's share at each step, as it is shown to people. */
  readonly stepsPpm: readonly number[];
  /** The overlay of the state's phase, which is one of `phases`. */
  readonly overlay: (state: State, epoch: number) => Overlay;
  /** The kind's own evidence, in the place of the comparison of two arms (evidence.ts). */
  readonly takeIn?: (state: State, rows: readonly ArmRow[], comparisons: readonly Comparisons[]) => State;
  /** Which version the user of a reported goal meets, and why it is not counted (null: it is). Throws REQUEST_INVALID. */
  readonly place?: (
    state: State,
    report: GoalReport,
  ) => { readonly version: string | null; readonly why: string | null };
  readonly takeGoal?: (state: State, report: GoalReport) => State;
  /** What follows from a state in one of `phases`; undefined: it stays. */
  readonly goOn: (state: State) => Transition | undefined;
  /** The first transition, where it is not that of every release. */
  readonly begin?: (state: State) => Transition;
  /** Takes in what users met; only kinds that speak of users have it. */
  readonly takeUsers?: (state: State, users: Users) => State;
  readonly score?: (state: State) => number | null;
  readonly faults?: (state: State) => FaultView[];
  /** Why it stands where it stands, where that is more than the reason why the phase was entered. */
  readonly now?: (state: State) => string | undefined;
};
