/** Series from JSON: an array of numbers, {metric: [numbers]}, or the answer of Prometheus to /api/v1/query_range. */
import { parseDocument } from 'yaml';
import { SeriesFileError } from './series-by-name.ts';
import type { SeriesByName } from './series-by-name.ts';
import { isPrometheus, readPrometheus } from './prometheus.ts';

export function readJson(file: string, text: string): SeriesByName {
  const value = parse(file, text);
  if (Array.isArray(value)) return new Map([['value', numbersOf(file, text, 'value', value)]]);
  if (isPrometheus(value)) return readPrometheus(file, value);
  const entries = Object.entries(value as Record<string, unknown>);
  if (entries.length === 0 || !entries.every(([, points]) => Array.isArray(points)))
    throw new SeriesFileError(
      file,
      1,
      1,
      'this JSON holds no series; write [1, 2, 3], {"metric": [1, 2, 3]}, or an answer of /api/v1/query_range',
    );
  return new Map(entries.map(([name, points]) => [name, numbersOf(file, text, name, points as unknown[])]));
}

function parse(file: string, text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The YAML parser reads JSON too, and knows where it stopped.
    const place = parseDocument(text, { schema: 'json', prettyErrors: true }).errors[0]?.linePos?.[0];
    const why = 'this is not JSON; NaN is not either: write null for a missing point';
    throw new SeriesFileError(file, place?.line ?? 1, place?.col ?? 1, why);
  }
}

function numbersOf(file: string, text: string, name: string, points: readonly unknown[]): number[] {
  return points.map((point, i) => {
    if (point === null || point === 'NaN') return NaN;
    if (typeof point === 'number') return point;
    const line = text.slice(0, Math.max(0, text.indexOf(JSON.stringify(point)))).split('\n').length;
    throw new SeriesFileError(
      file,
      line,
      1,
      `point ${i + 1} of ${name} is ${JSON.stringify(point)}, which is not a number; write a number, or null for a missing point`,
    );
  });
}
