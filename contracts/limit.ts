/** A limit: a figure of a service's traffic that must hold by itself, without anything to compare it with. */
import { z } from 'zod';
import { Duration, Percent } from './units.ts';

export const SuccessRateLimit = z.strictObject({
  name: z.literal('success-rate'),
  min: Percent.meta({ description: 'At least this percentage of the requests succeeds' }),
});

export const LatencyLimit = z.strictObject({
  name: z.literal('latency'),
  quantile: z.number().gt(0).lt(1).default(0.99),
  max: Duration.meta({ description: 'At that quantile, at most this long' }),
});

export const Limit = z.discriminatedUnion('name', [SuccessRateLimit, LatencyLimit]);
export type Limit = z.output<typeof Limit>;

export const Guardrails = z.array(Limit).min(1).max(10);
