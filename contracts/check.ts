/** A check: a figure from Prometheus or any JSON over HTTP that must stay within a range while a canary runs. */
import { z } from 'zod';
import { Duration } from './units.ts';

const HttpUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'write a URL: http://host:port');

export const PrometheusProvider = z.strictObject({
  address: HttpUrl.meta({ description: 'Where Prometheus answers: http://prometheus:9090' }),
  query: z.string().min(1).meta({
    description:
      'PromQL with one number as its answer; {{service}}, {{baseline}}, {{candidate}} and {{interval}} are filled in',
  }),
});

export const WebProvider = z.strictObject({
  url: z.string().min(1).meta({ description: 'Answers a GET with JSON; the variables of `query` are filled in' }),
  jsonPath: z
    .string()
    .regex(/^\$(\.[A-Za-z_][\w-]*|\[\d+\])*$/, 'write a path such as $.data.value or $.items[0].rate')
    .meta({ description: 'Where the number stands' }),
  headers: z.record(z.string(), z.string()).optional(),
});

export const Provider = z
  .strictObject({
    prometheus: PrometheusProvider.optional(),
    web: WebProvider.optional(),
    allowPrivate: z.boolean().default(false).meta({
      description: 'Addresses of this machine and of private networks may be asked too',
    }),
  })
  .refine((p) => (p.prometheus === undefined) !== (p.web === undefined), 'give exactly one of prometheus, web');
export type Provider = z.output<typeof Provider>;

export const Check = z.strictObject({
  name: z.string().min(1).max(63),
  provider: Provider,
  range: z
    .strictObject({ min: z.number().optional(), max: z.number().optional() })
    .refine((r) => r.min !== undefined || r.max !== undefined, 'give min, max or both')
    .meta({ description: 'Where the figure must lie; the ends belong to it' }),
  interval: Duration.prefault('10s').meta({ description: 'How often it is asked' }),
  count: z.int().min(1).default(1).meta({ description: 'So many answers are needed before PASS' }),
  failureLimit: z.int().min(0).default(0).meta({ description: 'Answers out of the range that are still allowed' }),
});
export type Check = z.output<typeof Check>;
