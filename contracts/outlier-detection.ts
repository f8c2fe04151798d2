/** When an endpoint is taken out of the balancing for what it answers, and for how long. Defaults are Envoy's. */
import { z } from 'zod';
import { Duration, Percent, PPM_PER_PERCENT } from './units.ts';

export const OutlierDetection = z
  .strictObject({
    consecutive5xx: z.int().min(0).default(5).meta({
      description: 'Failures in a row: 5xx, resets, time-outs, failed connections; 0: off',
    }),
    consecutiveGatewayErrors: z.int().min(0).default(0).meta({
      description: '502, 503, 504 and everything without an answer in a row; 0: off',
    }),
    successRate: z
      .strictObject({
        enabled: z.boolean().default(true),
        minHosts: z.int().min(2).default(5).meta({ description: 'Endpoints with enough requests, at least' }),
        requestVolume: z.int().min(1).default(100).meta({ description: 'Enough requests, in one interval' }),
        stdevFactor: z.number().positive().default(1.9).meta({
          description: 'Ejected below mean minus this many standard deviations',
        }),
      })
      .prefault({})
      .meta({ description: 'Ejects an endpoint that succeeds more seldom than the others, at the end of an interval' }),
    interval: Duration.prefault('10s').meta({ description: 'For success rates, and for forgetting an old ejection' }),
    baseEjection: Duration.prefault('30s').meta({ description: 'Times the number of ejections so far' }),
    maxEjection: Duration.prefault('5m').meta({ description: 'One ejection lasts no longer, or baseEjection' }),
    jitter: Duration.prefault('0ms').meta({ description: 'Up to this much is added, by chance' }),
    maxEjectionPercent: Percent.default(10 * PPM_PER_PERCENT).meta({
      description: 'No more of the endpoints are ejected at once; one always may be',
    }),
  })
  .meta({ description: 'Ejects endpoints that fail from the balancing, for a while' });

export type OutlierDetection = z.output<typeof OutlierDetection>;
