/** The state of a canary: plain JSON, because it is checkpointed in the journal. Durations are elapsed milliseconds, never clock readings: a new process has a new clock. */
import type { JudgeState } from '../analyzer/sequential/judge.ts';
import type { Arm, Overlay } from '../contracts/overlay.ts';
import type { Phase } from '../contracts/experiment.ts';
import type { SparseBuckets } from '../contracts/histogram.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import type { Judgement, Verdict } from '../contracts/verdict.ts';

export type Totals = {
  readonly baselineRequests: number;
  readonly candidateRequests: number;
  readonly candidateErrors: number;
  readonly shielded: number;
};

export type State = {
  readonly phase: Phase;
  readonly stepIndex: number;
  /** Of the overlay that was asked for last. */
  readonly epoch: number;
  /** In the present phase, or at the present step; stands still while the control plane is away. */
  readonly elapsedMs: number;
  /** Since a proxy last reported. */
  readonly silentMs: number;
  /** Candidate requests seen at the present step. */
  readonly stepCandidateRequests: number;
  /** The baseline's latency before the first step; emptied when the judge has it. */
  readonly calibration: SparseBuckets;
  readonly measured: number;
  readonly judge: JudgeState | null;
  readonly judgement: Judgement;
  readonly totals: Totals;
  readonly watched: { readonly requests: number; readonly errors: number };
  readonly verdict: Verdict;
  readonly reason: string;
  readonly haltedBy: string | null;
};

/** What the reducer is told. */
export type Event =
  | { readonly type: 'started' }
  /** The journal was read by a new process. @property wallLeftMs - until the deadline */
  | { readonly type: 'resumed' }
  | { readonly type: 'observed'; readonly rows: readonly ArmRow[] }
  | { readonly type: 'tick'; readonly passedMs: number; readonly deadlineOver: boolean }
  | { readonly type: 'abort'; readonly by: string; readonly reason: string }
  | { readonly type: 'promote'; readonly by: string; readonly reason: string }
  | { readonly type: 'effects-done' }
  | { readonly type: 'effect-refused'; readonly code: string; readonly message: string };

/** What is to be done in the world, in this order; each is idempotent. */
export type Effect =
  | { readonly type: 'set-overlay'; readonly overlay: Overlay }
  | { readonly type: 'drop-overlay' }
  | { readonly type: 'move-stable'; readonly from: string; readonly to: string };

/** Something to journal before its effects are carried out. */
export type Decision = {
  readonly type: DecisionType;
  /** One sentence for people. */
  readonly message: string;
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly effects: readonly Effect[];
};

export type DecisionType =
  | 'measuring'
  | 'step'
  | 'fail'
  | 'inconclusive'
  | 'held'
  | 'promote'
  | 'watching'
  | 'moved-back'
  | 'promoted'
  | 'rolled-back'
  | 'aborted'
  | 'refused'
  | 'resumed';

export type Transition = { readonly state: State; readonly decisions: readonly Decision[] };

export const NOTHING_JUDGED: Judgement = { verdict: 'PENDING', reason: 'nothing was compared yet', metrics: [] };

export const INITIAL: State = {
  phase: 'declared',
  stepIndex: -1,
  epoch: 0,
  elapsedMs: 0,
  silentMs: 0,
  stepCandidateRequests: 0,
  calibration: [],
  measured: 0,
  judge: null,
  judgement: NOTHING_JUDGED,
  totals: { baselineRequests: 0, candidateRequests: 0, candidateErrors: 0, shielded: 0 },
  watched: { requests: 0, errors: 0 },
  verdict: 'PENDING',
  reason: 'declared',
  haltedBy: null,
};

export function rowsOf(rows: readonly ArmRow[], arm: Arm): readonly ArmRow[] {
  return rows.filter((r) => r.arm === arm);
}
