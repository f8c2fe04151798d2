/** A verdict and its evidence: the answer of the analyser, and everything that a person needs to check it. */
import { z } from 'zod';

export const VERDICTS = ['PASS', 'FAIL', 'INCONCLUSIVE', 'PENDING'] as const;
export const Verdict = z.enum(VERDICTS);
export type Verdict = z.output<typeof Verdict>;

export const ArmFigures = z.object({
  requests: z.number(),
  /** The metric's value in this arm: an error share 0…1 for success-rate; milliseconds at the quantile for latency; null without data. */
  value: z.number().nullable(),
});

export const MetricEvidence = z.object({
  /** `success-rate`, or `latency p99`. */
  name: z.string(),
  unit: z.enum(['share', 'ms']),
  verdict: Verdict,
  baseline: ArmFigures,
  candidate: ArmFigures,
  /** candidate - baseline (share), or candidate / baseline - 1 (latency); null without data. */
  effect: z.number().nullable(),
  /** The confidence sequence of the effect, valid at every look; null where there is none yet. */
  interval: z.tuple([z.number(), z.number()]).nullable(),
  /** The largest effect that counts as safe. */
  limit: z.number(),
  /** e-value of "regressed" (null: no worse); the metric fails at `threshold`. Capped at 1e300. */
  eRegressed: z.number(),
  /** e-value of "safe" (null: worse by more than the limit); the metric is safe at `threshold`. Capped at 1e300. */
  eSafe: z.number(),
  /** 1 / (alpha / number of metrics). */
  threshold: z.number(),
  /** An estimate of the candidate requests still missing to a decision at the present rates; null when decided or unknown. */
  missingCandidateRequests: z.number().nullable(),
  /** The rule that decided, or what it waits for, in one sentence with its numbers. */
  rule: z.string(),
  /** Errors of the candidate that are no new evidence, because one client or one endpoint had too many of them. */
  clustered: z.object({ client: z.number(), endpoint: z.number() }).optional(),
  /** The candidate's errors do not fall on its endpoints as its requests do. `worst`: null where names are not known. */
  uneven: z
    .object({
      worst: z.string().nullable(),
      requests: z.number(),
      errors: z.number(),
      allErrors: z.number(),
      endpoints: z.int(),
      dispersion: z.number(),
    })
    .optional(),
});
export type MetricEvidence = z.output<typeof MetricEvidence>;

/** What a check has come to. */
export const CheckEvidence = z.object({
  name: z.string(),
  verdict: Verdict,
  /** The last answer; null when there was none. */
  value: z.number().nullable(),
  /** Of the judge kayenta: the baseline's last answer. */
  baseline: z.number().nullable().optional(),
  range: z.object({ min: z.number().optional(), max: z.number().optional() }),
  /** Answers with a number; of the judge kayenta, judgements. */
  measurements: z.number(),
  /** Of these, out of the range, or worse than the baseline. */
  failed: z.number(),
  rule: z.string(),
});
export type CheckEvidence = z.output<typeof CheckEvidence>;

export const GUARDS = ['errors', 'throughput', 'saturation', 'sample-ratio'] as const;

/** A limit that is kept in every release. PASS: it holds so far; PENDING: nothing was seen yet. */
export const GuardEvidence = z.object({ name: z.enum(GUARDS), verdict: Verdict, rule: z.string() });
export type GuardEvidence = z.output<typeof GuardEvidence>;

/** One goal in one arm of an A/B test. */
export const GoalEvidence = z.object({
  name: z.string(),
  better: z.enum(['higher', 'lower']),
  /** Times that it was reached, and the sum of its values. */
  count: z.number(),
  sum: z.number(),
  /** The sum by user; null when the users are not known well enough. */
  perUser: z.number().nullable(),
  /** Relative to the first arm (0.1 is 10 % more), and its confidence sequence; null for the first arm and without data. */
  effect: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  /** Whether the interval lies on one side of 0; null for the first arm. */
  says: z.enum(['better', 'worse', 'open']).nullable(),
});
export type GoalEvidence = z.output<typeof GoalEvidence>;

export const TestArmEvidence = z.object({
  version: z.string(),
  /** Of all weights. */
  sharePpm: z.int(),
  requests: z.number(),
  errors: z.number(),
  /** About; null when there are more than can be told. */
  users: z.number().nullable(),
  goals: z.array(GoalEvidence),
});
export type TestArmEvidence = z.output<typeof TestArmEvidence>;

export const ArmsEvidence = z.object({
  arms: z.array(TestArmEvidence),
  /** The version that is surely better than the first, or the first when it is surely better than all others. */
  winner: z.string().nullable(),
  /** By arm: users that were counted once each. `eValue` speaks against the weights, and ends the test at `threshold`. */
  sampleRatio: z.object({ counted: z.array(z.number()), eValue: z.number(), threshold: z.number() }),
  /** That each interval misses the truth at some look: the whole alpha, divided by arms and goals. */
  alphaEach: z.number(),
});
export type ArmsEvidence = z.output<typeof ArmsEvidence>;

/** How one field of the answers differs between the versions, beside how it differs by itself. */
export const FieldDifference = z.object({
  /** `status`, `headers.etag`, `body.items[].price`; with ` (shape)`: it is missing, of another type or length. */
  path: z.string(),
  /** FAIL: it differs; PASS: within the margin. */
  verdict: Verdict,
  /** The share of the baseline's own answers that differed while the noise was learnt, 0 … 1. */
  noise: z.number(),
  pairs: z.number(),
  candidateOnly: z.number(),
  /** Only the baseline's second answer differs. */
  againOnly: z.number(),
  both: z.number(),
  /** How many more of the candidate's answers differ, as a share of all; and its confidence sequence. */
  excess: z.number(),
  interval: z.tuple([z.number(), z.number()]),
  margin: z.number(),
  eValue: z.number(),
  /** With this e-value it is a discovery among all fields. */
  threshold: z.number(),
  examples: z.array(z.object({ request: z.string(), baseline: z.string(), candidate: z.string() })),
});
export type FieldDifference = z.output<typeof FieldDifference>;

/** What a shadow experiment has copied so far. */
export const CopiesEvidence = z.object({
  /** Requests that were copied to the candidate. */
  mirrored: z.int(),
  /** Comparisons that came to nothing: an answer was missing, or there was no room. */
  dropped: z.int(),
  /** Answers of which the noise was learnt, of so many. */
  learnt: z.int(),
  learn: z.int(),
  /** Answers that were compared after that. */
  compared: z.int(),
});
export type CopiesEvidence = z.output<typeof CopiesEvidence>;

export const Judgement = z.object({
  verdict: Verdict,
  /** One sentence, made from the numbers. */
  reason: z.string(),
  metrics: z.array(MetricEvidence),
  /** Where the document has checks. */
  checks: z.array(CheckEvidence).optional(),
  /** Of a release. */
  guards: z.array(GuardEvidence).optional(),
  /** Of an A/B test. */
  arms: ArmsEvidence.optional(),
  /** Of a shadow experiment: the fields that differ, the ones with the most evidence first. */
  differences: z.array(FieldDifference).optional(),
  copies: CopiesEvidence.optional(),
});
export type Judgement = z.output<typeof Judgement>;

/** The exit code of `run`, `gate wait` and `analyze` for a verdict (see cli/exit-codes). */
export const EXIT_OF_VERDICT: Readonly<Record<Verdict, number>> = { PASS: 0, FAIL: 2, INCONCLUSIVE: 3, PENDING: 8 };
