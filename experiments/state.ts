/**
 * The state of an experiment: plain JSON, because it is checkpointed in the journal. Durations are elapsed milliseconds, never
 * clock readings: a new process has a new clock. What is to be done in the world stands in it too (`outbox`), so that
 * one checkpoint says everything that a new process needs.
 */
import { z } from 'zod';
import { CheckCounts } from '../analyzer/threshold/check-counts.ts';
import type { JudgeState } from '../analyzer/sequential/judge.ts';
import { ShadowTable } from '../analyzer/shadow/table.ts';
import type { GoalReport } from '../contracts/api.ts';
import type { Comparisons } from '../contracts/comparison.ts';
import { Phase } from '../contracts/experiment.ts';
import { Overlay } from '../contracts/overlay.ts';
import type { ArmRow, HitRow } from '../contracts/telemetry.ts';
import { Buckets } from '../contracts/telemetry.ts';
import { Judgement, Verdict } from '../contracts/verdict.ts';
import { CheckWindow } from './check-windows.ts';
import { Counts, NO_COUNTS, NOTHING_RECENT, Recent } from './counts.ts';
import { GuardCounts, NO_GUARD_COUNTS } from './guards.ts';
import { TestArms } from './test-arms.ts';
import type { EntryType } from './journal-types.ts';

const Milliseconds = z.number().min(0);
const Count = z.int().min(0);

/** What is to be done in the world; each is idempotent. */
export const Effect = z.discriminatedUnion('type', [
  z.object({ type: z.literal('set-overlay'), overlay: Overlay }),
  z.object({ type: z.literal('drop-overlay') }),
  z.object({ type: z.literal('move-stable'), from: z.string(), to: z.string() }),
  /** Done when every proxy that is connected has acknowledged the overlays as they are now. */
  z.object({ type: z.literal('confirm') }),
]);
export type Effect = z.output<typeof Effect>;

/** An effect that was decided and is not known to be done. `failed`: it was tried in vain, and the journal says so. */
export const Pending = z.object({ id: Count, effect: Effect, failed: z.boolean() });
export type Pending = z.output<typeof Pending>;

export const Totals = z.object({
  baselineRequests: Count,
  candidateRequests: Count,
  candidateErrors: Count,
  shielded: Count,
});
export type Totals = z.output<typeof Totals>;

/** Only the analyser looks inside; that it has the outer shape is enough to tell a torn entry. */
const Judge = z.custom<JudgeState>(
  (v) => typeof v === 'object' && v !== null && 'config' in v && 'metrics' in v && Array.isArray(v.metrics),
);

const NO_USERS = { before: NO_COUNTS, during: NO_COUNTS, after: NO_COUNTS };
/** What the next step towards more exposure waits for, and the sentence that says so. */
export const Waits = z.object({
  for: z.enum(['after', 'approval', 'window', 'others', 'resume', 'webhook']),
  says: z.string(),
});
export type Waits = z.output<typeof Waits>;

export const State = z.object({
  phase: Phase,
  /** -1 before the first step. */
  stepIndex: z.int().min(-1),
  /** Of the overlay that was asked for last. */
  epoch: Count,
  /** In the present phase, or at the present step; stands still without an overlay in force and without reports. */
  elapsedMs: Milliseconds,
  /** Since the overlay of this epoch is in force; a new process starts it anew, because the proxies' connections did too. */
  epochMs: Milliseconds,
  /** Since the start, the time without a control plane included, waiting for a window excluded. The deadline is measured by it. */
  ageMs: Milliseconds,
  /** Since a proxy last reported, with or without requests. */
  silentMs: Milliseconds,
  /** Requests of the present epoch were reported, or there was time for it, since a new process took the run up. */
  heard: z.boolean().default(true),
  /** Epochs up to this one are past their warm-up; -1 before any. */
  warmEpoch: z.int().min(-1),
  /** Candidate requests seen at the present step. */
  stepCandidateRequests: Count,
  /** The baseline's latency before the first step; emptied when the judge has it. */
  calibration: Buckets,
  measured: Count,
  judge: Judge.nullable(),
  judgement: Judgement,
  /** How old the run was when the evidence of the metrics was last worked out. */
  wordedAtMs: Milliseconds.default(0),
  /** Of an A/B test. */
  testArms: TestArms.nullable().default(null),
  /** Of a shadow experiment. */
  shadow: ShadowTable.nullable().default(null),
  /** The version that a promotion would make stable, where it is not the candidate. */
  chosen: z.string().nullable().default(null),
  /** By the name of the check. */
  checks: z.record(z.string(), CheckCounts).default({}),
  /** Of the checks of the arms' own requests: what was counted in the present interval. */
  checkWindows: z.record(z.string(), CheckWindow).default({}),
  /** What the guards of a release look at. */
  guards: GuardCounts.default(NO_GUARD_COUNTS),
  totals: Totals,
  watched: z.object({ requests: Count, errors: Count }),
  /** The candidate's answers to preview requests. */
  preview: Counts.default(NO_COUNTS),
  /** What the guardrails look at, in the present phase: all of it, and the last seconds of it. */
  guarded: Counts.default(NO_COUNTS),
  recent: Recent.default(NOTHING_RECENT),
  /** The service's stable version at the start, for kinds that name none. */
  stable: z.string().default(''),
  /** What users of the service in scope met, by part of a Chaos experiment. */
  users: z.object({ before: Counts, during: Counts, after: Counts }).default(NO_USERS),
  /** Requests that met each fault. */
  hits: z.record(z.string(), Count).default({}),
  /** Runs that must have passed before it starts. */
  after: z.array(z.object({ name: z.string(), id: z.string() })).default([]),
  /** The runs of the releases that it is released together with, as far as they are declared. */
  peers: z.array(z.object({ name: z.string(), id: z.string() })).default([]),
  /** How they stand; null: not told yet to this process. `lagging`: those that may not be promoted yet. */
  others: z
    .object({
      least: z.enum(['before', 'ready', 'moved', 'done']),
      lagging: z.array(z.string()),
      failed: z.string().nullable(),
    })
    .nullable()
    .default(null),
  waits: Waits.nullable().default(null),
  /** How long a person has been waited for. */
  waitedMs: Milliseconds.default(0),
  /** The step that waits may be taken. */
  approved: z.boolean().default(false),
  pausedBy: z.string().nullable().default(null),
  /** The webhooks that are asked before the next transition: those that said yes, and those whose no was told. */
  asking: z
    .object({ key: z.string(), passed: z.array(z.string()), refused: z.array(z.string()) })
    .nullable()
    .default(null),
  /** Ids of the last incoming messages that changed something: each is taken once. */
  takenMessages: z.array(z.string()).default([]),
  /** Webhooks that gave no answer during the run, where the document ignores that; told once. */
  unanswered: z.array(z.string()).default([]),
  /** What the calendar of the document says now; null: not asked yet by this process. */
  opening: z.object({ isOpen: z.boolean(), says: z.string() }).nullable().default(null),
  /** What the candidate waits for that never comes by itself; told to the journal once. */
  lacking: z.enum(['nothing', 'traffic', 'data']),
  verdict: Verdict,
  /** Why the present phase was entered. */
  reason: z.string(),
  haltedBy: z.string().nullable(),
  /** The stable version was to be moved to the candidate, and perhaps was: a rollback must move it back. */
  stableAsked: z.boolean(),
  /** How it ends as soon as the outbox is empty; null while nothing is decided. */
  ending: z.enum(['promoted', 'rolled-back']).nullable(),
  outbox: z.array(Pending),
  nextEffect: Count,
});
export type State = z.output<typeof State>;

/** What users met in one report: requests to the service in scope, and hits of this run's faults. */
export type Users = { readonly counts: Counts; readonly hits: readonly HitRow[] };

/** What the reducer is told. */
export type Event =
  | { readonly type: 'started' }
  /** The journal was read by a new process. @property awayMs - wall-clock time since its last entry */
  | { readonly type: 'resumed'; readonly awayMs: number }
  /** A report of some proxy; without rows it says that the proxy lives and had no request of this run. */
  | {
      readonly type: 'observed';
      readonly rows: readonly ArmRow[];
      readonly users?: Users;
      readonly comparisons?: readonly Comparisons[];
    }
  | { readonly type: 'tick'; readonly passedMs: number }
  /** A check was answered. @property value - null: no data, `why` says why @property baseline - where both arms were asked */
  | {
      readonly type: 'measured';
      readonly check: string;
      readonly value: number | null;
      readonly baseline?: number | null;
      readonly why: string;
    }
  /** Of an A/B test: somebody else than a proxy says that a user has reached a goal. */
  | { readonly type: 'goal'; readonly report: GoalReport }
  /** Of a run with `after`: its turn has come, or never will. */
  | { readonly type: 'turn'; readonly stable: string }
  | { readonly type: 'no-turn'; readonly why: string }
  /** Of a release together with others: one of them is there; how they stand, and how one that failed has ended. */
  | { readonly type: 'joined'; readonly peer: State['peers'][number] }
  | { readonly type: 'others'; readonly others: NonNullable<State['others']>; readonly why: string }
  /** A webhook was asked. @property says - one line of its answer, or why there is none */
  | {
      readonly type: 'answered';
      readonly webhook: string;
      readonly key: string;
      readonly answer: 'yes' | 'no' | 'error';
      readonly says: string;
    }
  /** What the calendar says has changed. */
  | { readonly type: 'calendar'; readonly opening: { readonly isOpen: boolean; readonly says: string } }
  /** A person, or a sender of the document, says so. @property messageId - of an incoming message */
  | {
      readonly type: 'approve' | 'pause' | 'unpause' | 'abort' | 'promote';
      readonly by: string;
      readonly reason: string;
      readonly messageId?: string | undefined;
    }
  /** A sender of the document reports at one of its gates. */
  | {
      readonly type: 'reported';
      readonly gate: string;
      readonly sender: string;
      readonly answer: 'yes' | 'no';
      readonly says: string;
      readonly messageId: string;
    }
  | { readonly type: 'effect-done'; readonly id: number }
  /** @property final - trying again cannot help (the world refused, it did not fail) */
  | {
      readonly type: 'effect-failed';
      readonly id: number;
      readonly code: string;
      readonly message: string;
      readonly final: boolean;
    }
  | { readonly type: 'journal-failed'; readonly message: string };

/** Something to journal before anything of the outbox is carried out. */
export type Decision = {
  readonly type: EntryType;
  /** One sentence for people. */
  readonly message: string;
  readonly evidence: Readonly<Record<string, unknown>>;
};

export type Transition = { readonly state: State; readonly decisions: readonly Decision[] };

export const NOTHING_JUDGED: Judgement = { verdict: 'PENDING', reason: 'nothing was compared yet', metrics: [] };

export const INITIAL: State = {
  phase: 'declared',
  stepIndex: -1,
  epoch: 0,
  elapsedMs: 0,
  epochMs: 0,
  ageMs: 0,
  silentMs: 0,
  heard: true,
  warmEpoch: -1,
  stepCandidateRequests: 0,
  calibration: [],
  measured: 0,
  judge: null,
  judgement: NOTHING_JUDGED,
  wordedAtMs: 0,
  testArms: null,
  shadow: null,
  chosen: null,
  checks: {},
  checkWindows: {},
  guards: NO_GUARD_COUNTS,
  totals: { baselineRequests: 0, candidateRequests: 0, candidateErrors: 0, shielded: 0 },
  watched: { requests: 0, errors: 0 },
  preview: NO_COUNTS,
  guarded: NO_COUNTS,
  recent: NOTHING_RECENT,
  stable: '',
  users: NO_USERS,
  hits: {},
  after: [],
  peers: [],
  others: null,
  waits: null,
  waitedMs: 0,
  approved: false,
  pausedBy: null,
  asking: null,
  takenMessages: [],
  unanswered: [],
  opening: null,
  lacking: 'nothing',
  verdict: 'PENDING',
  reason: 'declared',
  haltedBy: null,
  stableAsked: false,
  ending: null,
  outbox: [],
  nextEffect: 0,
};
