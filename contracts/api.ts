/** The HTTP API of the control plane: paths and bodies, for the server, the command line and the dashboard. */
import { z } from 'zod';
import type { SourceDocument } from './document.ts';

export { API, DEFAULT_CONTROL } from './paths.ts';

const SourceBody = z.custom<SourceDocument>((v) => typeof v === 'object' && v !== null && !Array.isArray(v));

/** PUT documents: creates or replaces; all or nothing. Experiments are declared with POST experiments. */
export const ApplyBody = z.strictObject({ documents: z.array(SourceBody).min(1), dryRun: z.boolean().optional() });
export type ApplyResult = {
  readonly version: number;
  readonly results: readonly { readonly key: string; readonly action: 'created' | 'changed' | 'unchanged' }[];
};

/** POST experiments: starts a run. Answers 201 with the ExperimentView. */
export const RunBody = z.strictObject({ document: SourceBody });
/** POST abort, promote, halt: who and why, for the journal. */
export const ReasonBody = z.strictObject({ reason: z.string().max(1_000).optional() });
/** POST goals: a user of an A/B test has reached a goal, which no answer could tell. */
export const GoalBody = z.strictObject({
  goal: z.string().min(1).max(100).meta({ description: 'One of the goals that the test declares' }),
  key: z
    .string()
    .min(1)
    .max(4_096)
    .meta({ description: "The value of the test's key: of the user's cookie, or header" }),
  value: z
    .number()
    .min(0)
    .max(1e9)
    .default(1)
    .meta({ description: 'What it is worth; goals are compared by their sums' }),
});
export type GoalReport = z.output<typeof GoalBody>;
/** Whether it was counted, for which version, and why it was not. */
export const GoalAnswer = z.object({
  counted: z.boolean(),
  version: z.string().nullable().meta({ description: 'The arm of this user; null when the user takes no part' }),
  why: z.string().nullable().meta({ description: 'Why it was not counted; null when it was' }),
});
export type GoalAnswer = z.output<typeof GoalAnswer>;

export type HaltResult = {
  readonly experiments: readonly string[];
  /** Faults that were declared: they are not any more, so that no proxy that comes later injects them. */
  readonly faults?: readonly string[];
  readonly proxies: number;
  readonly tookMs: number;
};
