/** How an experiment is shown to people and to pipelines: its phase, its status document, its journal. */
import { z } from 'zod';
import { Overlay } from './overlay.ts';
import { Judgement, MetricEvidence, Verdict } from './verdict.ts';

/**
 * declared -> measuring -> what the kind does -> (promoting -> watching -> promoted) | (rolling-back -> rolled-back)
 * Canary: stepping. BlueGreen: previewing (before the switch), switched (the old version is kept warm).
 * ABTest: testing (users are divided among the arms).
 * Chaos: injecting (the faults are in force), recovering (they are gone, and it is measured that they are).
 * Shadow: shadowing (requests are copied, answers compared).
 * `held`: INCONCLUSIVE, a person decides.
 */
export const PHASES = [
  'declared',
  'measuring',
  'stepping',
  'previewing',
  'switched',
  'testing',
  'injecting',
  'recovering',
  'shadowing',
  'held',
  'promoting',
  'watching',
  'promoted',
  'rolling-back',
  'rolled-back',
] as const;
export const Phase = z.enum(PHASES);
export type Phase = z.output<typeof Phase>;
export const TERMINAL_PHASES: readonly Phase[] = ['promoted', 'rolled-back'];

/** SHA-256, in hex, over an entry and the hash before it. See experiments/journal-chain.ts. */
export const EntryChain = z.object({
  previous: z.string(),
  hash: z.string(),
  /** Of the state that the entry carries, which is not shown to people; null where it carries none. */
  state: z.string().nullable(),
});
export type EntryChain = z.output<typeof EntryChain>;

export const JournalEntry = z.object({
  experimentId: z.string(),
  /** 0, 1, 2 … without gaps. */
  seq: z.int().min(0),
  at: z.string(),
  /** What was decided or done: see experiments/journal-types.ts. */
  type: z.string(),
  /** One sentence for people. */
  message: z.string(),
  data: z.record(z.string(), z.unknown()),
  /** Given by the store that wrote it. */
  chain: EntryChain.optional(),
});
export type JournalEntry = z.output<typeof JournalEntry>;

export const ChainBreak = z.object({
  /** The entry where it shows. */
  seq: z.int(),
  kind: z.enum(['changed', 'removed', 'inserted', 'moved']),
  message: z.string(),
});
export type ChainBreak = z.output<typeof ChainBreak>;

/** Whether a journal is as it was written. */
export const ChainReport = z.object({
  experimentId: z.string(),
  entries: z.int(),
  intact: z.boolean(),
  /** The hash of the last entry: kept elsewhere, it proves the whole journal. */
  head: z.string().nullable(),
  /** Entries before this one were chained by an upgrade, not when they were written. */
  chainedFrom: z.int(),
  breaks: z.array(ChainBreak),
});
export type ChainReport = z.output<typeof ChainReport>;

export const StepView = z.object({ weightPpm: z.int(), state: z.enum(['waiting', 'running', 'done']) });

/** A fault of a Chaos experiment. `waiting` when all is over: it never began. */
export const FaultView = z.object({
  name: z.string(),
  /** What it is aimed at: `ratings`, `ratings v1`, `process of ratings`. */
  target: z.string(),
  /** Counted from the first moment of the faults. */
  atMs: z.int(),
  forMs: z.int(),
  rampMs: z.int(),
  /** null for one of processes. */
  ppm: z.int().nullable(),
  state: z.enum(['waiting', 'running', 'done']),
  /** Requests, connections or processes that met it. */
  hits: z.int(),
});
export type FaultView = z.output<typeof FaultView>;

/** Everything that the experiment page shows. */
export const ExperimentView = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.string(),
  service: z.string(),
  baseline: z.string(),
  candidate: z.string(),
  phase: Phase,
  verdict: Verdict,
  reason: z.string(),
  startedAt: z.string(),
  updatedAt: z.string(),
  endedAt: z.string().nullable(),
  steps: z.array(StepView),
  stepIndex: z.int(),
  /** The share that the overlay asks for, and the share that the proxies measured in the last seconds (null: no traffic). */
  intendedPpm: z.int(),
  measuredPpm: z.number().nullable(),
  /** Over the whole run. */
  totals: z.object({
    baselineRequests: z.int(),
    candidateRequests: z.int(),
    candidateErrors: z.int(),
    shielded: z.int(),
  }),
  judgement: Judgement,
  haltedBy: z.string().nullable(),
  /** Where the kind has one: how well the service bore it, 0 … 100 (docs/experiments.md). */
  score: z.number().nullable().optional(),
  /** What the next step, or the promotion, waits for; `reason` says it in words. */
  waitsFor: z.enum(['after', 'approval', 'window', 'others', 'resume', 'webhook']).nullable().optional(),
  pausedBy: z.string().nullable().optional(),
  /** Of a Chaos experiment. */
  faults: z.array(FaultView).optional(),
  spec: z.record(z.string(), z.unknown()),
});
export type ExperimentView = z.output<typeof ExperimentView>;

/** The status document of a gate: `GET /api/v1/gates/{name}`, always 200 when the question could be answered. */
export const GateStatus = z.object({
  id: z.string(),
  status: z.enum(['PENDING', 'RUNNING', 'PAUSED', 'PASSED', 'FAILED', 'INCONCLUSIVE', 'ABORTED', 'ERROR']),
  terminal: z.boolean(),
  verdict: Verdict,
  ok: z.boolean(),
  /** 0 … 100. */
  progress: z.number(),
  reason: z.string(),
  score: z.number().nullable(),
  since: z.string().nullable(),
  updated: z.string().nullable(),
  metrics: z.array(
    z.object({
      name: z.string(),
      baseline: z.number().nullable(),
      candidate: z.number().nullable(),
      effect: z.number().nullable(),
      ci: z.tuple([z.number(), z.number()]).nullable(),
      limit: z.number(),
      verdict: Verdict,
      n: z.tuple([z.number(), z.number()]),
    }),
  ),
  links: z.record(z.string(), z.string()),
});
export type GateStatus = z.output<typeof GateStatus>;

export { Overlay, MetricEvidence };
