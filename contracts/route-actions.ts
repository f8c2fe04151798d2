/** What a rule does with a request beside sending it on: change it, answer it, or let only so many pass. */
import { z } from 'zod';
import { FieldName, FieldValue } from './header-changes.ts';
import { Regex } from './match.ts';
import { Duration } from './units.ts';

const Path = z
  .string()
  .startsWith('/')
  .regex(/^[\x21-\x7e]*$/, 'a path holds printable characters without spaces')
  .refine((path) => !/["#<>\\]/.test(path), 'a path cannot hold "#<>\\');
const Host = z.string().regex(/^[A-Za-z0-9._-]+(:\d{1,5})?$/, 'a host is a name, with a port where it is needed');

export const Rewrite = z
  .strictObject({
    path: Path.optional().meta({ description: 'The whole path; the query stays' }),
    prefix: Path.optional().meta({ description: 'In the place of the prefix that the rule matched' }),
    regex: z
      .strictObject({
        pattern: Regex.meta({ description: 'A regular expression; every part of the path that it finds is replaced' }),
        with: z.string(),
      })
      .optional()
      .meta({
        description: 'What the pattern finds in the path is replaced; $1 … stand for its groups',
      }),
    host: Host.optional().meta({ description: 'The Host that the endpoint gets' }),
  })
  .refine(
    (r) => [r.path, r.prefix, r.regex].filter((v) => v !== undefined).length <= 1,
    'give one of path, prefix, regex',
  )
  .refine((r) => Object.values(r).some((v) => v !== undefined), 'give path, prefix, regex or host');

export const Redirect = z
  .strictObject({
    status: z.union([z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)]).default(302),
    scheme: z.enum(['http', 'https']).optional(),
    host: Host.optional(),
    path: Path.optional().meta({ description: 'In the place of the path of the request; the query stays' }),
  })
  .refine((r) => r.scheme !== undefined || r.host !== undefined || r.path !== undefined, 'give scheme, host or path');

export const Respond = z
  .strictObject({
    status: z.int().min(200).max(599).default(200),
    body: z
      .string()
      .max(64 * 1024)
      .default(''),
    contentType: FieldValue.default('text/plain; charset=utf-8'),
  })
  .refine((r) => r.body === '' || ![204, 205, 304].includes(r.status), {
    error: 'an answer with this status has no body (RFC 9110 15.3.5, 15.3.6, 15.4.5)',
    path: ['body'],
  });

export const Cors = z
  .strictObject({
    allowOrigins: z
      .array(z.string())
      .min(1)
      .meta({ description: 'Origins such as https://shop.example, https://*.shop.example, or * for all' }),
    allowMethods: z
      .array(z.string().regex(/^[A-Z]+$/, 'a method is written in capitals'))
      .default(['GET', 'HEAD', 'POST']),
    allowHeaders: z.array(FieldName).default([]),
    exposeHeaders: z.array(FieldName).default([]),
    maxAge: Duration.prefault('1h').meta({ description: 'How long a browser may keep the answer to a preflight' }),
    allowCredentials: z.boolean().default(false),
  })
  .refine((c) => !(c.allowCredentials && c.allowOrigins.includes('*')), {
    error: 'with credentials every origin must be named: browsers refuse *',
    path: ['allowOrigins'],
  });

export type Rewrite = z.output<typeof Rewrite>;
export type Redirect = z.output<typeof Redirect>;
export type Respond = z.output<typeof Respond>;
export type Cors = z.output<typeof Cors>;
