/** How long a fault delays: always the same, or drawn from a distribution that a network or a service might have. */
import { z } from 'zod';
import { Duration } from './units.ts';

const max = Duration.prefault('60s').meta({ description: 'No draw is longer than this' });

export const FaultDelay = z
  .strictObject({
    fixed: Duration.optional(),
    normal: z.strictObject({ mean: Duration, stddev: Duration }).optional(),
    exponential: z.strictObject({ mean: Duration }).optional(),
    pareto: z
      .strictObject({ min: Duration, shape: z.number().gt(0).max(100) })
      .optional()
      .meta({
        description: 'Heavy tail: most draws are near min, a few are many times longer; the smaller shape, the more',
      }),
    max,
  })
  .refine(
    (d) => [d.fixed, d.normal, d.exponential, d.pareto].filter((v) => v !== undefined).length === 1,
    'give exactly one of fixed, normal, exponential, pareto',
  );

export type FaultDelay = z.output<typeof FaultDelay>;
