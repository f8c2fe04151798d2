/** What a fault does to connections: the toxics of Toxiproxy, with the same meaning, in our units. */
import { z } from 'zod';
import { Duration } from './units.ts';

const bytes = z.int().min(0).max(1_000_000_000_000);

export const FaultTcp = z
  .strictObject({
    direction: z.enum(['upstream', 'downstream']).default('downstream').meta({
      description: 'upstream: what the client sends; downstream: what the endpoint sends',
    }),
    reset: z
      .strictObject({ after: Duration.prefault('0ms') })
      .optional()
      .meta({
        description:
          'Both sides are reset, this long after the first bytes; a connection that was open before: after it met the fault',
      }),
    blackHole: z
      .strictObject({ timeout: Duration.prefault('0ms') })
      .optional()
      .meta({ description: 'No byte passes; the connection is closed after this long without one, with 0ms never' }),
    limitData: z
      .strictObject({ bytes })
      .optional()
      .meta({ description: 'This many bytes pass, then the connection is closed' }),
    latency: z
      .strictObject({ delay: Duration, jitter: Duration.prefault('0ms') })
      .optional()
      .meta({ description: 'Each part arrives later by delay, give or take up to jitter; the order is kept' }),
    bandwidth: z
      .strictObject({ bytesPerSecond: z.int().min(0).max(1_000_000_000) })
      .optional()
      .meta({ description: 'Bytes pass at this rate; with 0 none does' }),
    slicer: z
      .strictObject({
        averageBytes: z.int().min(1).max(1_000_000),
        variationBytes: z.int().min(0).max(1_000_000).default(0),
        delay: Duration.prefault('0ms'),
      })
      .refine((s) => s.variationBytes < s.averageBytes, {
        error: 'variationBytes is less than averageBytes, or a slice could be empty',
        path: ['variationBytes'],
      })
      .optional()
      .meta({ description: 'Bytes pass in small slices, with this delay after each' }),
    slowClose: z
      .strictObject({ delay: Duration })
      .optional()
      .meta({ description: 'The end of the connection is passed on this much later' }),
  })
  .refine(
    ({ direction: _, ...acts }) => Object.values(acts).some((act) => act !== undefined),
    'give at least one of reset, blackHole, limitData, latency, bandwidth, slicer, slowClose',
  );

export type FaultTcp = z.output<typeof FaultTcp>;
