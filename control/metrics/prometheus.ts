/** The one number of an answer to /api/v1/query. */
import { z } from 'zod';
import type { Measurement } from '../../experiments/ports.ts';

const Sample = z.tuple([z.number(), z.string()]);
const Answer = z.union([
  z.object({ status: z.literal('error'), error: z.string() }),
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('vector'), result: z.array(z.object({ value: Sample })) }),
      z.object({ resultType: z.literal('scalar'), result: Sample }),
    ]),
  }),
]);

export function numberOfInstant(body: unknown): Measurement {
  const none = (why: string): Measurement => ({ value: null, why });
  const parsed = Answer.safeParse(body);
  if (!parsed.success) return none('this is no answer of Prometheus to an instant query');
  if (parsed.data.status === 'error') return none(`Prometheus: ${parsed.data.error}`);
  const { data } = parsed.data;
  const samples = data.resultType === 'scalar' ? [data.result] : data.result.map((r) => r.value);
  if (samples.length !== 1) return none(`the query found ${samples.length} series; one is needed: aggregate it`);
  const value = Number(samples[0]?.[1]);
  return Number.isFinite(value) ? { value, why: '' } : none('the value is not a number: no requests in the interval?');
}
