/** A BlueGreen: verify a candidate beside the baseline, switch to it at once, keep the old one warm, then promote. */
import { z } from 'zod';
import { After } from './after.ts';
import { Analysis } from './canary.ts';
import { Guardrails } from './limit.ts';
import { Freezes, Windows } from './promotion-windows.ts';
import { Approval, ApprovalTimeout, Deadline, Lease, Measure, OnInconclusive, Preview, Watch } from './release.ts';
import { Together } from './together.ts';
import { Duration, Name, Percent, PPM_PER_PERCENT } from './units.ts';
import { UserKey } from './user-key.ts';
import { ACTIONS, hookIssues, Incoming } from './incoming.ts';
import { Webhooks } from './webhook.ts';

export const BlueGreenSpec = z
  .strictObject({
    service: Name,
    baseline: Name,
    candidate: Name,
    preview: Preview,
    sticky: UserKey.optional().meta({ description: 'Requests with the same value stay on the same arm' }),
    verify: z
      .strictObject({
        share: Percent.default(0).meta({
          description: "The candidate's share of the ordinary requests before the switch; they are compared (analysis)",
        }),
        requests: z.int().min(1).default(20).meta({
          description: 'Without a share: so many preview requests must be answered within the guardrails',
        }),
        min: Duration.prefault('30s'),
        max: Duration.prefault('10m'),
      })
      .refine((v) => v.min <= v.max, { error: 'verify.min is longer than verify.max', path: ['min'] })
      .refine((v) => v.share <= 50 * PPM_PER_PERCENT, {
        error: 'more than half before the switch is no verification any more; give at most 50',
        path: ['share'],
      })
      .prefault({})
      .meta({ description: 'Before the switch: at least min, and at most max' }),
    measure: Measure,
    warm: Duration.prefault('5m').meta({
      description: 'After the switch the old version stays ready for this long: until then the switch back is instant',
    }),
    guardrails: Guardrails.prefault([{ name: 'success-rate', min: 95 }]).meta({
      description: 'Limits on the candidate by itself, in preview and after the switch; crossing one goes back at once',
    }),
    analysis: Analysis.prefault({}),
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
  .refine((b) => b.baseline !== b.candidate, {
    error: 'baseline and candidate are the same version',
    path: ['candidate'],
  })
  .refine((b) => b.approvalTimeout === undefined || b.approval, {
    error: 'nothing here waits for an approval; give approval: true',
    path: ['approvalTimeout'],
  })
  .refine((b) => b.preview !== undefined || b.verify.share > 0, {
    error: 'nothing would reach the candidate before the switch; give preview, verify.share or both',
    path: ['verify'],
  })
  .superRefine((release, context) => {
    for (const issue of hookIssues(release, { promotes: true, actions: ACTIONS }))
      context.addIssue({ code: 'custom', ...issue });
  });

export type BlueGreenSpec = z.output<typeof BlueGreenSpec>;
