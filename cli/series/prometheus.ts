/** Series from an answer of Prometheus to /api/v1/query_range. */
import { z } from 'zod';
import { SeriesFileError } from './series-by-name.ts';
import type { SeriesByName } from './series-by-name.ts';

const Result = z.object({
  metric: z.record(z.string(), z.string()),
  values: z.array(z.tuple([z.number(), z.string()])),
});
const Answer = z.object({
  status: z.literal('success'),
  data: z.object({ resultType: z.literal('matrix'), result: z.array(Result) }),
});

export function isPrometheus(value: object): boolean {
  return 'status' in value && ('data' in value || 'error' in value);
}

/** Named by the metric, and by the labels where there are several series. */
export function readPrometheus(file: string, value: object): SeriesByName {
  const refuse = (why: string): SeriesFileError => new SeriesFileError(file, 1, 1, why);
  const parsed = Answer.safeParse(value);
  if (!parsed.success) {
    const failed = 'error' in value && typeof value.error === 'string' ? `Prometheus answered: ${value.error}; ` : '';
    throw refuse(`${failed}this is no range of Prometheus; record /api/v1/query_range (resultType "matrix")`);
  }
  const { result } = parsed.data.data;
  if (result.length === 0) throw refuse('Prometheus found no series; check the query and its time range');
  const series = new Map<string, number[]>();
  for (const { metric, values } of result) {
    const name = nameOf(metric, result.length > 1);
    if (series.has(name)) throw refuse(`two series are named ${name}; aggregate the query, with sum by (...)`);
    series.set(
      name,
      values.map(([, text]) => numberOf(text)),
    );
  }
  return series;
}

function nameOf(
  { __name__: name = 'value', ...labels }: Readonly<Record<string, string>>,
  withLabels: boolean,
): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return withLabels && pairs.length > 0 ? `${name}{${pairs.map(([k, v]) => `${k}="${v}"`).join(',')}}` : name;
}

/** Infinity (a division by zero) is no measurement. */
function numberOf(text: string): number {
  const value = Number(text);
  return Number.isFinite(value) ? value : NaN;
}
