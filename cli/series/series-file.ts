/** A file of recorded series, in whichever format it is: CSV, JSON, a Prometheus range or recorded requests. */
import { readCsv } from './csv.ts';
import { readJson } from './json.ts';
import { readRequests } from './requests.ts';
import { SeriesFileError } from './series-by-name.ts';
import type { SeriesArm, SeriesByName } from './series-by-name.ts';

/**
 * @param arm - which arm of a file that holds both (recorded requests) is wanted
 * @param column - of a CSV
 * @throws SeriesFileError
 */
export function readSeries(file: string, text: string, arm: SeriesArm, column: string | undefined): SeriesByName {
  const series = chosen(file, text, arm, column);
  for (const [name, values] of series)
    if (values.length === 0)
      throw new SeriesFileError(file, 1, 1, `${name} has no points; record a longer time, or choose another metric`);
  return series;
}

function chosen(file: string, text: string, arm: SeriesArm, column: string | undefined): SeriesByName {
  if (text.trim() === '') throw new SeriesFileError(file, 1, 1, 'the file is empty; write a header and rows, or JSON');
  if (/\.(ndjson|jsonl)$/i.test(file)) return readRequests(file, text, arm);
  const first = text.trimStart()[0];
  if (first !== '{' && first !== '[') return readCsv(file, text, column);
  return looksLikeLines(text) ? readRequests(file, text, arm) : readJson(file, text);
}

/** Several lines, of which the first is an object by itself. */
function looksLikeLines(text: string): boolean {
  const [first = '', second] = text.trim().split('\n', 2);
  if (second === undefined) return first.includes('"arm"');
  try {
    JSON.parse(first);
    return first.trimStart().startsWith('{');
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
