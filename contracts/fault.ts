/** A Fault: what is broken, for which requests, and for how long without anyone renewing it. */
import { z } from 'zod';
import { MaxConcurrent, MaxPerSecond } from './fault-caps.ts';
import { BodyChange, HeaderChanges } from './fault-changes.ts';
import { FaultDelay } from './fault-delay.ts';
import { FaultTcp } from './fault-tcp.ts';
import { FaultTls } from './fault-tls.ts';
import { Match } from './match.ts';
import { Sticky } from './route.ts';
import { Duration, HostPort, Name, Percent, PPM } from './units.ts';

export const GRPC_STATUS_NAMES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export const FaultAbort = z
  .strictObject({
    status: z.int().min(200).max(599).optional(),
    grpcStatus: z.enum(GRPC_STATUS_NAMES).exclude(['OK']).optional().meta({
      description:
        'An answer without a message, with this status: what a gRPC client takes for the failure of its call',
    }),
    reset: z.literal(true).optional().meta({ description: 'Break the connection instead of answering' }),
    resetAfterBytes: z
      .int()
      .min(0)
      .optional()
      .meta({ description: "Let this many bytes of the answer's body pass, then break the client's connection" }),
    retryAfter: Duration.optional().meta({ description: 'A Retry-After in the answer, in whole seconds, rounded up' }),
  })
  .refine(
    (a) => [a.status, a.grpcStatus, a.reset, a.resetAfterBytes].filter((v) => v !== undefined).length === 1,
    'give exactly one of status, grpcStatus, reset, resetAfterBytes',
  )
  .refine((a) => a.retryAfter === undefined || a.status !== undefined, {
    error: 'retryAfter goes with a status, such as 503 or 429',
    path: ['retryAfter'],
  });

export const FaultThrottle = z
  .strictObject({ bytesPerSecond: z.int().min(1).max(1_000_000_000) })
  .meta({ description: "The answer's body comes at this rate" });

export const FaultTruncate = z
  .strictObject({
    afterBytes: z.int().min(0),
    clean: z.boolean().default(false).meta({
      description:
        'true: the shorter body is framed as if it were whole; false: the connection breaks, as when an endpoint dies',
    }),
  })
  .meta({ description: "The answer's body ends early" });

export const FaultCorrupt = z
  .strictObject({ percent: Percent.default(10_000).meta({ description: 'The share of bytes that is changed' }) })
  .meta({ description: "Bytes of the answer's body are changed; its length is kept" });

export const FaultFirst = z
  .strictObject({
    requests: z.int().min(1).max(1_000_000),
    per: z
      .string()
      .toLowerCase()
      .optional()
      .meta({ description: 'A header: each of its values is counted for itself' }),
  })
  .meta({
    description:
      'Only the first requests meet the fault, later ones do not: does the caller try again, and for long enough?',
  });

/** What may be broken of requests and their answers. */
const REQUEST_ACTS = ['delay', 'abort', 'hang', 'throttle', 'truncate', 'corrupt', 'body', 'headers'] as const;
/** What else may be broken: each stands alone in its document. */
const OTHER_ACTS = ['tcp', 'tls', 'endpointGone', 'partition'] as const;
const ACTS = [...REQUEST_ACTS, ...OTHER_ACTS] as const;
const CAPS = ['maxInjections', 'maxConcurrent', 'maxPerSecond', 'maxShare'] as const;

export const FaultSpec = z
  .strictObject({
    service: Name,
    version: Name.optional().meta({ description: 'Only requests that go to this version (attempt level only)' }),
    match: Match.optional(),
    at: z.enum(['request', 'attempt']).default('attempt').meta({
      description:
        'request: once, above retries and timeouts; attempt: every try, beneath retries, timeouts and outlier detection',
    }),
    percent: Percent.default(PPM),
    sticky: Sticky.optional().meta({
      description:
        'Requests with the same value meet the same fate: percent is of users or sessions then. One without it is drawn for itself',
    }),
    first: FaultFirst.optional(),
    maxInjections: z
      .int()
      .min(1)
      .optional()
      .meta({ description: 'The fault rests once it has met this many requests, in every proxy' }),
    maxConcurrent: MaxConcurrent.optional(),
    maxPerSecond: MaxPerSecond.optional(),
    maxShare: Percent.optional().meta({
      description:
        'At no moment has the fault met more than this share of the requests that it could meet, whatever their ids',
    }),
    delay: FaultDelay.optional(),
    abort: FaultAbort.optional(),
    hang: z.literal(true).optional().meta({ description: 'Never answers: only a timeout, or the client, ends it' }),
    throttle: FaultThrottle.optional(),
    truncate: FaultTruncate.optional(),
    corrupt: FaultCorrupt.optional(),
    body: BodyChange.optional(),
    headers: HeaderChanges.optional(),
    tcp: FaultTcp.optional(),
    tls: FaultTls.optional(),
    endpointGone: z
      .union([z.array(HostPort).min(1), z.int().min(1)], { error: 'give a list of endpoints, or how many' })
      .optional()
      .meta({
        description: 'Balancing no longer sees these endpoints, or so many of each version, chosen by the seed',
      }),
    partition: z
      .strictObject({ from: Name })
      .optional()
      .meta({ description: 'Calls that this service makes cannot connect: at the outbound port of its sidecars' }),
    seed: z
      .int()
      .min(0)
      .max(0xffff_ffff)
      .default(0)
      .meta({ description: 'The same seed and the same requests meet the same faults' }),
    lease: Duration.prefault('5m').meta({ description: 'The proxy drops the fault after this long without renewal' }),
  })
  .refine((f) => ACTS.some((act) => f[act] !== undefined), `a fault needs at least one of ${ACTS.join(', ')}`)
  .refine(
    (f) => OTHER_ACTS.every((act) => f[act] === undefined) || ACTS.filter((act) => f[act] !== undefined).length === 1,
    {
      error: `${OTHER_ACTS.join(', ')} stand alone; declare the other acts in a fault of their own`,
    },
  )
  .refine((f) => OTHER_ACTS.every((act) => f[act] === undefined) || f.at === 'attempt', {
    error: `${OTHER_ACTS.join(', ')} need "at: attempt"`,
    path: ['at'],
  })
  .refine((f) => (f.tcp ?? f.tls ?? f.endpointGone) === undefined || (f.match ?? f.first ?? f.sticky) === undefined, {
    error:
      'connections and endpoints are not chosen by request: tcp, tls and endpointGone go without match, first and sticky',
  })
  .refine((f) => f.tls?.gateway === undefined || f.version === undefined, {
    error: 'no version is chosen yet when a client greets a gateway; leave version out',
    path: ['version'],
  })
  .refine((f) => f.endpointGone === undefined || (f.percent === PPM && CAPS.every((cap) => f[cap] === undefined)), {
    error: `an endpoint is gone for all requests: endpointGone goes without percent, ${CAPS.join(', ')}`,
    path: ['endpointGone'],
  })
  .refine((f) => f.hang === undefined || f.abort === undefined, {
    error: 'a request that hangs is never aborted; give one of hang, abort',
    path: ['hang'],
  })
  .refine((f) => f.version === undefined || f.at === 'attempt', {
    error: 'a fault for one version needs "at: attempt": at request level no version is chosen yet',
    path: ['version'],
  });

export type FaultSpec = z.output<typeof FaultSpec>;
