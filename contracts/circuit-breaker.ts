/** How much a proxy asks of a version at once. Defaults are Envoy's. */
import { z } from 'zod';

export const CircuitBreaker = z
  .strictObject({
    maxConnections: z.int().min(1).default(1_024).meta({
      description: 'Open connections to the endpoints of a version; further requests wait for one (HTTP/1.1)',
    }),
    maxPending: z.int().min(0).default(1_024).meta({
      description: 'Requests of a version that may wait for a connection; further ones get 503',
    }),
    maxRequests: z.int().min(1).default(1_024).meta({
      description: 'Attempts in flight to a version, those that wait included; further ones get 503',
    }),
    maxRetries: z.int().min(0).default(3).meta({
      description:
        'Retries in flight to the service, beside the budget of a route; beyond, the failure goes to the client',
    }),
  })
  .meta({ description: 'How much each proxy asks of a version at once; what is beyond is answered at once' });

export type CircuitBreaker = z.output<typeof CircuitBreaker>;
