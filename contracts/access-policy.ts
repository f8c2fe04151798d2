/** An AccessPolicy: who may ask a service for what. Enforced by the sidecars of the service, by proven identity. */
import { z } from 'zod';
import { PathMatch } from './match.ts';
import { Name } from './units.ts';

export const ANY_IDENTITY = '*';

const From = z
  .string()
  .regex(/^(\*|(gateway\/)?[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?)$/, 'a service, gateway/NAME, or "*" for any identity')
  .meta({ description: 'A service; gateway/NAME for a gateway; "*" for whoever has an identity of the mesh' });

export const AccessRule = z.strictObject({
  from: z.array(From).min(1, 'name at least one caller'),
  methods: z
    .array(z.string().regex(/^[A-Z]+$/, 'a method is written in capitals, such as GET'))
    .min(1)
    .optional()
    .meta({ description: 'Default: all' }),
  paths: z.array(PathMatch).min(1).optional().meta({ description: 'One of them must match (default: all)' }),
  action: z.enum(['allow', 'deny']).default('allow'),
});

export const AccessPolicySpec = z.strictObject({
  service: Name,
  rules: z.array(AccessRule).default([]).meta({ description: 'The first that matches decides' }),
  default: z.enum(['allow', 'deny']).default('deny').meta({ description: 'Where no rule matches' }),
});

export type AccessPolicySpec = z.output<typeof AccessPolicySpec>;
export type AccessRule = z.output<typeof AccessRule>;
