/** Caps on what faults may touch. A proxy holds them itself, over all of its workers. */
import { z } from 'zod';

export const MaxConcurrent = z.int().min(1).max(1_000_000).meta({
  description:
    'At most so many requests (or connections) are under the fault at once, each until its end, in every proxy',
});
export const MaxPerSecond = z.int().min(1).max(100_000).meta({
  description: 'The fault meets at most so many requests in any second, in every proxy',
});

/** What an experiment allows all of its faults together, in every proxy. */
export const FaultLimits = z.strictObject({
  maxConcurrent: MaxConcurrent.optional(),
  maxPerSecond: MaxPerSecond.optional(),
});
export type FaultLimits = z.output<typeof FaultLimits>;
