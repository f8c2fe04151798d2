/** A Canary: shift traffic to a candidate step by step, judge it against the baseline, promote or roll back. */
import { z } from 'zod';
import { After } from './after.ts';
import { Check } from './check.ts';
import { Guards } from './guards.ts';
import { Guardrails } from './limit.ts';
import { Match } from './match.ts';
import { Freezes, Windows } from './promotion-windows.ts';
import { Approval, ApprovalTimeout, Deadline, Lease, Measure, OnInconclusive, Preview, Watch } from './release.ts';
import { Together } from './together.ts';
import { Duration, Name, Percent, Tolerance, PPM_PER_PERCENT } from './units.ts';
import { UserKey } from './user-key.ts';
import { ACTIONS, hookIssues, Incoming } from './incoming.ts';
import { Webhooks } from './webhook.ts';

export const SuccessRateMetric = z.strictObject({
  name: z.literal('success-rate'),
  margin: z
    .number()
    .positive('the margin must be above 0 percentage points: no number of requests can show that two rates are equal')
    .max(100)
    .default(0.5)
    .transform((points) => points / 100)
    .meta({ description: 'How much worse, in percentage points, still counts as safe' }),
});

export const LatencyMetric = z.strictObject({
  name: z.literal('latency'),
  quantile: z.number().gt(0).lt(1).default(0.99),
  tolerance: Tolerance.prefault('10%').meta({ description: 'How much slower, at that quantile, still counts as safe' }),
});

export const Metric = z.discriminatedUnion('name', [SuccessRateMetric, LatencyMetric]);

export const Analysis = z.strictObject({
  judge: z.literal('sequential').default('sequential'),
  alpha: z
    .number()
    .gt(0)
    .max(0.2)
    .default(0.01)
    .meta({ description: 'The chance of rolling back a healthy candidate, over the whole experiment' }),
  metrics: z
    .array(Metric)
    .min(1)
    .prefault([{ name: 'success-rate' }, { name: 'latency' }]),
  warmup: Duration.prefault('0s').meta({
    description: 'Requests in the first moments of each step are not judged for latency',
  }),
  checks: z
    .array(Check)
    .max(20)
    .refine((all) => new Set(all.map((c) => c.name)).size === all.length, 'two checks have the same name')
    .prefault([])
    .meta({
      description: 'Figures of the arms, of Prometheus or of any JSON over HTTP, judged by a range or as Kayenta does',
    }),
  guards: Guards.prefault({}).meta({
    description: 'Limits that are kept in every release and end it at once; false switches one off',
  }),
});

export const Step = z.strictObject({
  weight: Percent.refine((ppm) => ppm > 0, 'a step needs a weight above 0'),
  hold: Duration.optional().meta({ description: 'At least this long at this step; default: hold.min' }),
  approval: z.boolean().default(false).meta({ description: 'A person must approve before this step begins' }),
  guardrails: Guardrails.optional().meta({
    description: 'Limits on the candidate by itself, for this step; crossing one ends the run at once, with FAIL',
  }),
});

export const CanarySpec = z
  .strictObject({
    service: Name,
    baseline: Name,
    candidate: Name,
    freshBaseline: Name.optional().meta({
      description:
        "A version with the baseline's build, started with the candidate: it gets as large a share, and the candidate is compared with it",
    }),
    match: Match.optional().meta({ description: 'Only these requests take part' }),
    sticky: UserKey.optional().meta({ description: 'Requests with the same value stay on the same arm' }),
    preview: Preview,
    steps: z
      .array(Step)
      .min(1)
      .prefault([{ weight: 1 }, { weight: 5 }, { weight: 25 }, { weight: 50 }]),
    measure: Measure,
    hold: z
      .strictObject({
        min: Duration.prefault('30s'),
        max: Duration.prefault('10m'),
        requests: z.int().min(1).default(1).meta({
          description: "So many of the candidate's requests must have ended at a step before it is left",
        }),
      })
      .refine((h) => h.min <= h.max, { error: 'hold.min is longer than hold.max', path: ['min'] })
      .prefault({})
      .meta({
        description: 'min: at least this long at each step; max: at the last step, wait at most this long for evidence',
      }),
    earlyPromotion: z.boolean().default(false).meta({
      description:
        'A candidate that is shown to be safe (PASS) at an earlier step is promoted from there; the other steps are left out, but for those that a person approves',
    }),
    shield: z.boolean().default(false).meta({
      description:
        'A request that is safe to repeat and fails on the candidate is retried on the baseline: counted, but never seen by the user',
    }),
    analysis: Analysis.prefault({}),
    maxShare: Percent.default(50 * PPM_PER_PERCENT).meta({
      description: "The most of the service's requests that this experiment may send to the candidate",
    }),
    approval: Approval,
    approvalTimeout: ApprovalTimeout,
    windows: Windows,
    freezes: Freezes,
    after: After,
    together: Together,
    webhooks: Webhooks,
    incoming: Incoming,
    deadline: Deadline,
    lease: Lease,
    watch: Watch,
    onInconclusive: OnInconclusive,
  })
  .refine((c) => c.baseline !== c.candidate, {
    error: 'baseline and candidate are the same version',
    path: ['candidate'],
  })
  .refine((c) => c.freshBaseline === undefined || ![c.baseline, c.candidate].includes(c.freshBaseline), {
    error: 'the fresh baseline is a version of its own: the build of the baseline, started anew',
    path: ['freshBaseline'],
  })
  .refine((c) => c.freshBaseline === undefined || c.steps.every((s) => s.weight <= 50 * PPM_PER_PERCENT), {
    error: 'the fresh baseline gets as large a share as the candidate: no step may go above 50 percent',
    path: ['steps'],
  })
  .refine((c) => c.steps.every((s, i) => i === 0 || s.weight > (c.steps[i - 1]?.weight ?? 0)), {
    error: 'the weights of the steps must rise',
    path: ['steps'],
  })
  .refine((c) => c.approvalTimeout === undefined || c.approval || c.steps.some((s) => s.approval), {
    error: 'nothing here waits for an approval; give approval, or the approval of a step',
    path: ['approvalTimeout'],
  })
  .refine((c) => c.steps.every((s) => s.weight <= c.maxShare), {
    error: 'a step goes above maxShare (50 percent where it is not given)',
    path: ['steps'],
  })
  .superRefine((canary, context) => {
    for (const issue of hookIssues(canary, { promotes: true, actions: ACTIONS }))
      context.addIssue({ code: 'custom', ...issue });
  });

export type CanarySpec = z.output<typeof CanarySpec>;
export type Metric = z.output<typeof Metric>;
export type Analysis = z.output<typeof Analysis>;
