/** How many requests of a service a proxy lets in at once; the rest is refused before any work is done for it. */
import { z } from 'zod';
import { Duration } from './units.ts';

export const Admission = z
  .strictObject({
    maxInFlight: z.int().min(1).max(100_000).optional().meta({
      description: 'Requests of the service between head and end of answer; with adaptive: the highest limit (1000)',
    }),
    adaptive: z.boolean().default(false).meta({
      description: 'Finds the limit from the latency: lower while answers take longer than they do without a queue',
    }),
    targetLatency: Duration.refine((ms) => ms > 0, 'targetLatency must be longer than 0')
      .optional()
      .meta({ description: 'adaptive: lowers the limit only while more than a tenth of the answers take longer' }),
  })
  .refine((a) => a.adaptive || a.maxInFlight !== undefined, 'give maxInFlight, or adaptive: true')
  .refine((a) => a.adaptive || a.targetLatency === undefined, {
    error: 'targetLatency needs adaptive: true',
    path: ['targetLatency'],
  })
  .meta({
    description: 'More is answered 503 OVERLOADED at once. Each proxy counts for itself, its workers together',
  });

export type Admission = z.output<typeof Admission>;
