/** A Fault: what is broken, for which requests, and for how long without anyone renewing it. */
import { z } from 'zod';
import { Match } from './match.ts';
import { Duration, Name, Percent, PPM } from './units.ts';

export const FaultDelay = z.strictObject({ fixed: Duration });

export const FaultAbort = z
  .strictObject({
    status: z.int().min(200).max(599).optional(),
    reset: z.literal(true).optional().meta({ description: 'Break the connection instead of answering' }),
  })
  .refine((a) => (a.status === undefined) !== (a.reset === undefined), 'give exactly one of status, reset');

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
    delay: FaultDelay.optional(),
    abort: FaultAbort.optional(),
    seed: z
      .int()
      .min(0)
      .max(0xffff_ffff)
      .default(0)
      .meta({ description: 'The same seed and the same requests meet the same faults' }),
    lease: Duration.prefault('5m').meta({ description: 'The proxy drops the fault after this long without renewal' }),
  })
  .refine((f) => f.delay !== undefined || f.abort !== undefined, 'a fault needs a delay, an abort, or both')
  .refine((f) => f.version === undefined || f.at === 'attempt', {
    error: 'a fault for one version needs "at: attempt": at request level no version is chosen yet',
    path: ['version'],
  });

export type FaultSpec = z.output<typeof FaultSpec>;
