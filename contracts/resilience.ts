/** What a proxy does about endpoints that are slow, failing or gone. */
import { z } from 'zod';
import { Admission } from './admission.ts';
import { Balancer } from './balancer.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { HealthCheck } from './health-check.ts';
import { OutlierDetection } from './outlier-detection.ts';
import { Duration } from './units.ts';

export const Resilience = z
  .strictObject({
    admission: Admission.optional(),
    balancer: Balancer.optional(),
    circuitBreaker: CircuitBreaker.optional(),
    outlierDetection: OutlierDetection.optional(),
    healthCheck: HealthCheck.optional(),
    connectTimeout: Duration.optional().meta({ description: 'For opening a connection to an endpoint (5s)' }),
    idleTimeout: Duration.optional().meta({ description: 'An unused connection to an endpoint is closed (4s)' }),
    tcpIdleTimeout: Duration.refine((ms) => ms >= 1_000, 'tcpIdleTimeout is looked at once a second; give 1s or more')
      .optional()
      .meta({
        description: 'A connection that is passed on as bytes is closed when nothing has moved for so long (1h)',
      }),
  })
  .meta({ description: 'What proxies do about endpoints that are slow, failing or gone; holds for every version' });

export type Resilience = z.output<typeof Resilience>;
