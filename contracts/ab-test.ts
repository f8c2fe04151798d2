/** An ABTest: users divided among two versions or more, compared by the goals that they reach. */
import { z } from 'zod';
import { After } from './after.ts';
import { MAX_ARMS } from './arm-split.ts';
import { Guardrails } from './limit.ts';
import { Match } from './match.ts';
import { Freezes, Windows } from './promotion-windows.ts';
import { Lease, Watch } from './release.ts';
import { Duration, Name, Percent, PPM } from './units.ts';
import { UserKey } from './user-key.ts';
import { ACTIONS, hookIssues, Incoming } from './incoming.ts';
import { Webhooks } from './webhook.ts';

export const TestArm = z.strictObject({
  version: Name,
  weight: z.number().positive().max(1_000_000).default(1).meta({
    description: "The arm's part of the users, in relation to the other arms' weights",
  }),
});

export const TestKey = UserKey.meta({
  description: 'Who a user is: requests with the same value always meet the same version',
});

export const Goal = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'letters, digits, "_", "-" and ".", at most 63 of them'),
  better: z.enum(['higher', 'lower']).default('higher'),
});

export const ABTestSpec = z
  .strictObject({
    service: Name,
    arms: z.array(TestArm).min(2).max(MAX_ARMS).meta({
      description: 'The first is what the others are compared with, and the stable version',
    }),
    key: TestKey,
    match: Match.optional().meta({ description: 'Only these requests take part' }),
    share: Percent.default(PPM)
      .refine((ppm) => ppm > 0, 'a test needs a share above 0')
      .meta({ description: 'Of the users, how many take part; who takes part stays when it grows' }),
    goals: z.array(Goal).min(1).max(4).meta({
      description: 'The first decides; an arm that is surely worse in another one cannot win',
    }),
    goalHeader: z.string().toLowerCase().default('x-goal').meta({
      description:
        'The header of an answer that reports goals: "signup", or "signup=1, revenue=12.5"; it is kept from the user',
    }),
    run: z
      .strictObject({ min: Duration.prefault('1h'), max: Duration.prefault('14d') })
      .refine((run) => run.min <= run.max, { error: 'run.min is longer than run.max', path: ['min'] })
      .prefault({})
      .meta({ description: 'No winner before min; INCONCLUSIVE when there is none after max' }),
    guardrails: Guardrails.prefault([{ name: 'success-rate', min: 95 }]).meta({
      description: 'Limits on each arm by itself; crossing one ends the test at once',
    }),
    analysis: z
      .strictObject({
        alpha: z.number().gt(0).max(0.2).default(0.05).meta({
          description: 'The chance of a wrong "better" or "worse", over all arms, goals and looks together',
        }),
      })
      .prefault({}),
    promote: z.enum(['never', 'winner']).default('never').meta({
      description: 'winner: an arm that is surely better becomes the stable version by itself',
    }),
    after: After,
    deadline: Duration.prefault('30d').meta({ description: 'INCONCLUSIVE when no verdict was reached by then' }),
    windows: Windows,
    freezes: Freezes,
    webhooks: Webhooks,
    incoming: Incoming,
    lease: Lease,
    watch: Watch,
    onInconclusive: z.enum(['rollback', 'hold']).default('rollback').meta({
      description: 'rollback; or hold: go on until a person decides or the deadline comes',
    }),
  })
  .refine((test) => new Set(test.arms.map((arm) => arm.version)).size === test.arms.length, {
    error: 'two arms have the same version',
    path: ['arms'],
  })
  .refine((test) => new Set(test.goals.map((goal) => goal.name)).size === test.goals.length, {
    error: 'two goals have the same name',
    path: ['goals'],
  })
  .superRefine((test, context) => {
    const kind = { promotes: test.promote === 'winner', actions: ACTIONS.filter((action) => action !== 'approve') };
    for (const issue of hookIssues(test, kind)) context.addIssue({ code: 'custom', ...issue });
  });

export type ABTestSpec = z.output<typeof ABTestSpec>;
export type Goal = z.output<typeof Goal>;
