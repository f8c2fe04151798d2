/** A Shadow: copies of the baseline's requests go to a candidate that no user meets, and its answers are compared. */
import { z } from 'zod';
import { After } from './after.ts';
import { SHADOW_WRITES } from './comparison.ts';
import { Guardrails } from './limit.ts';
import { Match } from './match.ts';
import { Deadline, Lease } from './release.ts';
import { Duration, Name, Percent, PPM, Size, Tolerance } from './units.ts';
import { hookIssues, Incoming } from './incoming.ts';
import { Webhooks } from './webhook.ts';

/** Where a login or a secret usually stands. */
export const USUALLY_SECRET: readonly string[] = [
  'authorization',
  'cookie',
  'set-cookie',
  'proxy-authorization',
  'www-authenticate',
  'x-api-key',
  'password',
  'secret',
  'token',
  'access_token',
  'refresh_token',
  'id_token',
];

const MAX_BODY_BYTES = 256 * 1_024;
/** `status`, `headers.etag`, `body.items[].price`, `body.*.id`, `body["a b"]`. */
const FIELD = /^(?:status|headers(?:[.[].+)?|body(?:[.[].+)?)$/;

const Field = z
  .string()
  .max(200)
  .regex(FIELD, {
    error: (issue) =>
      `"${String(issue.input)}" names no part of an answer; write status, headers.etag, body.items[].price`,
  });

function margin(points: number, description: string) {
  return z
    .number()
    .positive('the margin must be above 0 percentage points: no number of answers can show that two are always equal')
    .max(100)
    .default(points)
    .transform((given) => given / 100)
    .meta({ description });
}

export const ShadowAnalysis = z.strictObject({
  alpha: z.number().gt(0).max(0.2).default(0.05).meta({
    description: 'The share of false ones among the fields that are reported, and the chance of a false PASS',
  }),
  margin: margin(0.5, 'A field that differs in fewer answers than this is safe; percentage points of all answers'),
  noisyMargin: margin(10, 'The same for a field that differs by itself, beyond what it does by itself'),
  tolerance: Tolerance.prefault('25%').meta({
    description: 'How much slower, in the median pair of answers, still counts as safe',
  }),
  learn: z.int().min(10).max(100_000).default(100).meta({
    description: 'So many answers of the baseline asked twice are looked at first, to learn what differs by itself',
  }),
});

export const ShadowSpec = z
  .strictObject({
    service: Name,
    baseline: Name,
    candidate: Name,
    match: Match.optional().meta({ description: 'Only these requests are copied' }),
    mirror: Percent.default(PPM)
      .refine((ppm) => ppm > 0, 'a shadow needs a share above 0')
      .meta({ description: 'Of the requests, how many are copied to the candidate' }),
    compare: Percent.default(PPM)
      .refine((ppm) => ppm > 0, 'a shadow needs a share above 0')
      .meta({ description: 'Of the copied ones, how many are compared; each of them asks the baseline once more' }),
    maxComparedPerSecond: z
      .int()
      .min(1)
      .max(1_000)
      .default(50)
      .meta({ description: 'By each proxy, and each of its workers' }),
    writes: z
      .enum(SHADOW_WRITES)
      .default('never')
      .meta({
        description:
          'What is not GET, HEAD or OPTIONS: never copied; copied to the candidate and not compared; or compared (both), which ' +
          'makes the baseline carry each out twice',
      }),
    maxBody: Size.prefault('64KiB')
      .refine((bytes) => bytes <= MAX_BODY_BYTES, 'at most 256KiB')
      .meta({
        description: 'Of a longer answer, or one that is no JSON, only a digest of its first bytes is compared',
      }),
    redact: z
      .array(z.string().min(1).toLowerCase())
      .max(200)
      .default([...USUALLY_SECRET])
      .meta({
        description:
          'Headers and JSON members of these names, at any depth, leave the proxy as keyed digests only: they are compared, and ' +
          'never stored or shown',
      }),
    ignore: z.array(Field).max(200).default([]).meta({
      description: 'Not compared, with all below: headers.etag, body.items[].id; * stands for any one name',
    }),
    unordered: z
      .array(Field)
      .max(200)
      .default([])
      .meta({ description: 'Lists that are compared whatever their order' }),
    run: z
      .strictObject({ min: Duration.prefault('30s'), max: Duration.prefault('30m') })
      .refine((run) => run.min <= run.max, { error: 'run.min is longer than run.max', path: ['min'] })
      .prefault({})
      .meta({
        description: 'No verdict before min, so that all fields are seen; INCONCLUSIVE when there is none after max',
      }),
    guardrails: Guardrails.prefault([{ name: 'success-rate', min: 95 }]).meta({
      description: 'Limits on what users get from the baseline meanwhile; crossing one ends the copying at once',
    }),
    analysis: ShadowAnalysis.prefault({}),
    after: After,
    webhooks: Webhooks,
    incoming: Incoming,
    deadline: Deadline,
    lease: Lease,
  })
  .refine((s) => s.baseline !== s.candidate, {
    error: 'baseline and candidate are the same version',
    path: ['candidate'],
  })
  .superRefine((shadow, context) => {
    for (const issue of hookIssues(shadow, { promotes: false, actions: ['abort'] }))
      context.addIssue({ code: 'custom', ...issue });
  });

export type ShadowSpec = z.output<typeof ShadowSpec>;
