/** How the attempts of a version divide among its endpoints. Defaults are Envoy's but where docs/resilience.md says otherwise. */
import { z } from 'zod';
import { Duration, Percent, PPM_PER_PERCENT } from './units.ts';

export const BALANCING_POLICIES = ['round-robin', 'least-request', 'random', 'ring-hash', 'maglev'] as const;

export const Locality = z
  .strictObject({
    region: z.string().min(1),
    zone: z.string().min(1).optional(),
  })
  .meta({ description: 'Where an endpoint stands; compared with the --locality of the proxy' });

export const HashOn = z
  .strictObject({
    header: z.string().toLowerCase().min(1).optional(),
    cookie: z.string().min(1).optional(),
    sourceIp: z.literal(true).optional(),
  })
  .refine(
    (h) => Object.values(h).filter((v) => v !== undefined).length === 1,
    'give exactly one of header, cookie, sourceIp',
  )
  .meta({ description: 'What is hashed to find the endpoint; a request without it goes to an endpoint by chance' });

export const SlowStart = z
  .strictObject({
    window: Duration.meta({ description: 'How long an endpoint that has joined or come back is warmed up' }),
    aggression: z.number().positive().max(10).default(1).meta({
      description: '1: the weight grows with time in a straight line; above 1: faster at first',
    }),
    minWeight: Percent.default(10 * PPM_PER_PERCENT).meta({ description: 'Share of its weight to begin with' }),
  })
  .meta({ description: 'A new endpoint gets a growing share; not for ring-hash and maglev' });

const Prime = z
  .int()
  .min(2)
  .max(5_000_011)
  .refine(isPrime, {
    error: (issue) => `${String(issue.input)} is not a prime number; 5003, 65537 and 5000011 are`,
  });

export const Balancer = z
  .strictObject({
    policy: z
      .enum(BALANCING_POLICIES)
      .default('round-robin')
      .meta({
        description:
          'round-robin: in turn, by weight; least-request: the less busy of two; random: by weight; ' +
          'ring-hash and maglev: one key, one endpoint',
      }),
    hashOn: HashOn.optional(),
    slowStart: SlowStart.optional(),
    panicThreshold: Percent.default(50 * PPM_PER_PERCENT).meta({
      description: 'With a smaller share of endpoints available, all of them are used; 0: never',
    }),
    ringPoints: z.int().min(1).max(65_536).default(256).meta({
      description: 'ring-hash: points on the ring for an endpoint of weight 1',
    }),
    tableSize: Prime.default(5_003).meta({ description: 'maglev: entries of the table, a prime number' }),
  })
  .refine((b) => (b.policy === 'ring-hash' || b.policy === 'maglev') === (b.hashOn !== undefined), {
    error: 'hashOn goes with the policies ring-hash and maglev, and they need it',
    path: ['hashOn'],
  })
  .refine((b) => b.hashOn === undefined || b.slowStart === undefined, {
    error: 'slowStart does not go with ring-hash and maglev: a key must not move while an endpoint warms up',
    path: ['slowStart'],
  });

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return n > 1;
}

export type Balancer = z.output<typeof Balancer>;
export type SlowStart = z.output<typeof SlowStart>;
export type HashOn = z.output<typeof HashOn>;
export type Locality = z.output<typeof Locality>;
