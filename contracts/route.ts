/** A Route: which requests to a service, and how they divide among its versions. */
import { z } from 'zod';
import { FieldChanges } from './header-changes.ts';
import { Match } from './match.ts';
import { RateLimit } from './rate-limit.ts';
import { Cors, Redirect, Respond, Rewrite } from './route-actions.ts';
import { Duration, Name, Percent, PPM, PPM_PER_PERCENT, Size } from './units.ts';

export const RETRY_CONDITIONS = [
  '5xx',
  'gateway-error',
  'reset',
  'connect-failure',
  'timeout',
  'cancelled',
  'deadline-exceeded',
  'resource-exhausted',
  'internal',
  'unavailable',
] as const;
export const RetryCondition = z.enum(RETRY_CONDITIONS).meta({
  description:
    '5xx: any 5xx answer; gateway-error: 502, 503, 504; reset: the connection broke before an answer; ' +
    'connect-failure: no connection was made; timeout: the attempt took longer than perTryTimeout; ' +
    'cancelled, deadline-exceeded, resource-exhausted, internal, unavailable: the status of a gRPC answer without a message, ' +
    'for routes whose calls are safe to repeat',
});

export const Retry = z
  .strictObject({
    attempts: z.int().min(1).max(10).default(1).meta({ description: 'Attempts beyond the first' }),
    on: z.array(RetryCondition).min(1).default(['gateway-error', 'reset', 'connect-failure']),
    statuses: z.array(z.int().min(400).max(599)).min(1).optional().meta({
      description: 'Answers with one of these are tried again too, such as 409 or 425, beside what `on` says',
    }),
    perTryTimeout: Duration.optional(),
    backoff: Duration.prefault('25ms').meta({ description: 'Base of the jittered exponential back-off' }),
    maxRetryAfter: Duration.optional().meta({
      description:
        'Where the answer has a Retry-After (in seconds) of no more than this, that long is waited, and up to half as long ' +
        'again; where it is longer there is no retry. Without this key Retry-After is not looked at',
    }),
    budget: z
      .strictObject({
        percent: Percent.default(20 * PPM_PER_PERCENT),
        minConcurrent: z.int().min(0).default(3).meta({ description: 'Retries that are always allowed at once' }),
      })
      .prefault({})
      .meta({ description: 'Retries in flight may be at most this share of the requests in flight' }),
  })
  .meta({
    description: 'Only requests that are safe to repeat are retried, unless they are known not to have been processed',
  });

export const Hedge = z
  .strictObject({
    after: Duration.meta({ description: 'Without an answer for so long, another endpoint is asked too' }),
    max: z.int().min(1).max(5).default(1).meta({ description: 'Further attempts, each after another such time' }),
  })
  .meta({
    description:
      'The first good answer wins, the other attempts are broken off. Only requests that are safe to repeat, within the ' +
      'budget of retries',
  });

export const SplitEntry = z.strictObject({ version: Name, weight: Percent });

export const Sticky = z
  .strictObject({ header: z.string().toLowerCase().optional(), cookie: z.string().optional() })
  .refine((s) => (s.header === undefined) !== (s.cookie === undefined), 'give exactly one of header, cookie')
  .meta({ description: 'Requests with the same value meet the same version' });

export const Mirror = z
  .strictObject({
    version: Name,
    percent: Percent.default(PPM),
    writes: z.boolean().default(false).meta({
      description:
        'Copies requests that may change something too (all but GET, HEAD, OPTIONS): only for a version whose writes harm nobody',
    }),
  })
  .meta({
    description:
      'Copies requests to this version; its answers are thrown away, and a copy that cannot keep up is dropped',
  });

export const Rule = z
  .strictObject({
    name: Name.optional(),
    match: Match.optional(),
    split: z
      .array(SplitEntry)
      .min(1)
      .optional()
      .refine(
        (split) => (split ?? []).reduce((sum, s) => sum + s.weight, 0) <= PPM,
        'the weights of a split add up to more than 100',
      )
      .meta({ description: 'What the weights leave over goes to the stable version' }),
    sticky: Sticky.optional(),
    timeout: Duration.optional().meta({ description: 'For the whole request, retries included' }),
    idleTimeout: Duration.refine((ms) => ms >= 1_000, 'idleTimeout is looked at once a second; give 1s or more')
      .optional()
      .meta({ description: 'Without a byte either way for so long the exchange ends; default 5m. WebSockets too' }),
    maxBody: Size.optional().meta({ description: 'A larger body is answered 413, however it comes' }),
    retry: Retry.optional(),
    hedge: Hedge.optional(),
    mirror: z.array(Mirror).min(1).max(4).optional(),
    requestHeaders: FieldChanges.optional().meta({ description: 'Changes fields of the request before it goes on' }),
    responseHeaders: FieldChanges.optional().meta({
      description: "Changes fields of the answer, the proxy's own answers too",
    }),
    rewrite: Rewrite.optional(),
    redirect: Redirect.optional(),
    respond: Respond.optional().meta({ description: 'The proxy answers so, and asks no endpoint' }),
    cors: Cors.optional(),
    rateLimit: RateLimit.optional(),
  })
  .refine((r) => r.redirect === undefined || r.respond === undefined, 'give one of redirect, respond')
  .refine((r) => r.rewrite?.prefix === undefined || r.match?.path?.prefix !== undefined, {
    error: 'rewrite.prefix needs match.path.prefix: it stands in its place',
    path: ['rewrite', 'prefix'],
  })
  .superRefine((rule, context) => {
    if (rule.redirect === undefined && rule.respond === undefined) return;
    for (const key of [
      'split',
      'sticky',
      'timeout',
      'idleTimeout',
      'retry',
      'hedge',
      'mirror',
      'rewrite',
      'requestHeaders',
    ] as const) {
      if (rule[key] === undefined) continue;
      const message = `${key} does nothing in a rule that answers by itself`;
      context.addIssue({ code: 'custom', message, path: [key] });
    }
  });

export const RouteSpec = z.strictObject({
  service: Name,
  rules: z.array(Rule).min(1).meta({ description: 'The first rule that matches decides' }),
});

export type RouteSpec = z.output<typeof RouteSpec>;
export type Rule = z.output<typeof Rule>;
export type Mirror = z.output<typeof Mirror>;
export type Retry = z.output<typeof Retry>;
export type Hedge = z.output<typeof Hedge>;
export type RetryCondition = z.output<typeof RetryCondition>;
export type Sticky = z.output<typeof Sticky>;
