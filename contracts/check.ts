/**
 * A check: a figure of the candidate's own requests, of Prometheus or of any JSON over HTTP, judged beside the metrics
 * while a release runs: against a fixed range (`threshold`), or against the baseline's as Kayenta does (`kayenta`).
 */
import { z } from 'zod';
import { Duration } from './units.ts';

const HttpUrl = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), 'write a URL: http://host:port');

export const PrometheusProvider = z.strictObject({
  address: HttpUrl.meta({ description: 'Where Prometheus answers: http://prometheus:9090' }),
  query: z.string().min(1).meta({
    description:
      'PromQL with one number as its answer; {{service}}, {{baseline}}, {{candidate}}, {{version}} and {{interval}} are filled in',
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

/** Of the first attempts of an interval. Success rates are in percent, latencies in milliseconds. */
export const CheckMetric = z.discriminatedUnion('name', [
  z.strictObject({ name: z.literal('success-rate') }),
  z.strictObject({ name: z.literal('latency'), quantile: z.number().gt(0).lt(1).default(0.99) }),
]);
export type CheckMetric = z.output<typeof CheckMetric>;

const Factor = z.number().positive();

export const KayentaOptions = z.strictObject({
  points: z.int().min(5).max(500).default(50).meta({
    description: 'Answers of each arm that are judged together; the next judgement begins with new ones',
  }),
  direction: z.enum(['increase', 'decrease', 'either']).optional().meta({
    description: 'What is worse; default: decrease for success-rate, increase for latency, either for a provider',
  }),
  effectSize: z.enum(['meanRatio', 'cles']).default('meanRatio'),
  allowedIncrease: Factor.optional().meta({
    description: 'An effect up to this is let pass; default: 1, or 0.5 (cles)',
  }),
  allowedDecrease: Factor.optional().meta({ description: 'An effect down to this is let pass' }),
  nan: z.enum(['remove', 'replace']).default('remove').meta({ description: 'What becomes of answers without data' }),
  outlierFactor: Factor.optional().meta({
    description: 'Answers beyond so many interquartile ranges are left out; default: all are kept',
  }),
});
export type KayentaOptions = z.output<typeof KayentaOptions>;

const ARM_VARIABLE = /\{\{\s*version\s*\}\}/;

export const Check = z
  .strictObject({
    name: z.string().min(1).max(63),
    judge: z.enum(['threshold', 'kayenta']).default('threshold').meta({
      description: "threshold: the figure stays within range; kayenta: it is compared with the baseline's",
    }),
    metric: CheckMetric.optional().meta({ description: "A figure of the arms' own requests, in each interval" }),
    provider: Provider.optional(),
    range: z
      .strictObject({ min: z.number().optional(), max: z.number().optional() })
      .refine((r) => r.min !== undefined || r.max !== undefined, 'give min, max or both')
      .optional()
      .meta({ description: 'Of threshold: where the figure must lie; the ends belong to it' }),
    kayenta: KayentaOptions.optional(),
    interval: Duration.prefault('10s').meta({ description: 'How often it is asked' }),
    count: z.int().min(1).default(1).meta({ description: 'So many answers (judgements) are needed before PASS' }),
    failureLimit: z.int().min(0).default(0).meta({ description: 'Answers (judgements) that may fail' }),
  })
  .refine((c) => (c.metric === undefined) !== (c.provider === undefined), 'give exactly one of metric, provider')
  .refine((c) => c.judge !== 'threshold' || c.range !== undefined, {
    error: 'the judge threshold needs a range: {min: …}, {max: …} or both',
    path: ['range'],
  })
  .refine((c) => c.judge !== 'kayenta' || c.range === undefined, {
    error: 'the judge kayenta compares the arms: it has no range',
    path: ['range'],
  })
  .refine((c) => c.judge === 'kayenta' || c.kayenta === undefined, {
    error: 'these are options of the judge kayenta; write judge: kayenta',
    path: ['kayenta'],
  })
  .refine((c) => c.judge !== 'kayenta' || asksBothArms(c.provider), {
    error: 'the judge kayenta asks for both arms: write {{version}} where the version stands',
    path: ['provider'],
  });
export type Check = z.output<typeof Check>;

function asksBothArms(provider: Provider | undefined): boolean {
  const text = provider?.prometheus?.query ?? provider?.web?.url;
  return text === undefined || ARM_VARIABLE.test(text);
}
