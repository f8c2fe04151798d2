/** How many requests may pass in a time: of a rule, of a gateway, or of each of their clients. */
import { z } from 'zod';
import { FieldName } from './header-changes.ts';
import { Duration } from './units.ts';

export const ByAddress = z.strictObject({
  address: z
    .strictObject({
      trustedHops: z.int().min(0).max(10).default(0).meta({
        description: 'Proxies in front whose X-Forwarded-For is believed; 0: the address of the connection',
      }),
      ipv6Prefix: z
        .int()
        .min(1)
        .max(128)
        .default(64)
        .meta({ description: 'Addresses with so many equal bits are one client' }),
    })
    .meta({ description: "The client's address; {} for that of the connection" }),
});

export const RateLimit = z
  .strictObject({
    requests: z.int().min(1).max(1_000_000),
    per: Duration.prefault('1s').refine((ms) => ms > 0, 'per must be longer than 0'),
    burst: z.int().min(1).optional().meta({ description: 'So many may come at once; default: as many as requests' }),
    by: z.union([FieldName, ByAddress]).optional().meta({
      description:
        'A header, or {address: {}}: each of its values has a limit of its own (10,000 are remembered); default: one for all',
    }),
    headers: z.boolean().default(true).meta({
      description: 'Says on each answer what is left (RateLimit, RateLimit-Policy)',
    }),
  })
  .meta({
    description: 'More is answered 429 with Retry-After. Each proxy counts for itself, its workers together',
  });

export type RateLimit = z.output<typeof RateLimit>;
export type ByAddress = z.output<typeof ByAddress>;
