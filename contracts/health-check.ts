/** How a proxy asks endpoints whether they are well, beside the traffic. */
import { z } from 'zod';
import { Duration, Percent, PPM_PER_PERCENT } from './units.ts';

export const HealthCheck = z
  .strictObject({
    http: z
      .strictObject({
        path: z.string().startsWith('/').default('/'),
        host: z.string().min(1).optional().meta({ description: 'Host of the request; the address without it' }),
        statuses: z.array(z.int().min(100).max(599)).min(1).optional().meta({
          description: 'Answers that are well; any 2xx without it',
        }),
      })
      .optional()
      .meta({ description: 'GET over HTTP/1.1' }),
    tcp: z.strictObject({}).optional().meta({ description: 'A connection can be made, with `tls` a handshake too' }),
    grpc: z
      .strictObject({
        service: z.string().default('').meta({ description: 'Asked for by name; empty: the server as a whole' }),
      })
      .optional()
      .meta({ description: 'grpc.health.v1.Health/Check over HTTP/2' }),
    interval: Duration.prefault('5s').meta({ description: 'From the end of one check to the next' }),
    timeout: Duration.prefault('1s').meta({ description: 'A check that takes longer has failed' }),
    unhealthyThreshold: z.int().min(1).default(3).meta({ description: 'Failed checks in a row' }),
    healthyThreshold: z.int().min(1).default(2).meta({ description: 'Passed checks in a row' }),
    jitter: Percent.default(10 * PPM_PER_PERCENT).meta({ description: 'Of the interval, added by chance' }),
  })
  .refine(
    (c) => [c.http, c.tcp, c.grpc].filter((v) => v !== undefined).length === 1,
    'give exactly one of http, tcp, grpc',
  )
  .refine((c) => c.interval > 0 && c.timeout > 0, 'interval and timeout must be above 0')
  .meta({ description: 'Endpoints that fail are left out of the balancing until they pass again' });

export type HealthCheck = z.output<typeof HealthCheck>;
