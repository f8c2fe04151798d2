/** Series from CSV: a header row, a column a metric; columns of times are left out. */
import { SeriesFileError } from './series-by-name.ts';
import type { SeriesByName } from './series-by-name.ts';

const TIME_COLUMNS = new Set(['t', 'time', 'timestamp', 'date', 'datetime', 'ts']);
const MISSING = new Set(['', 'nan', 'null', 'na', 'n/a', '-']);

/** @param wanted - the only column to take; otherwise `value` where there is one, and else all but the time */
export function readCsv(file: string, text: string, wanted: string | undefined): SeriesByName {
  const lines = text.split(/\r?\n/);
  const header = cellsOf(lines[0] ?? '').map((cell) => cell.trim());
  if (header.some((name) => isNumber(name)))
    throw new SeriesFileError(file, 1, 1, 'the first row holds numbers; put a header above it, such as: time,value');
  const columns = choose(file, header, wanted);
  const series = new Map<string, number[]>(columns.map((i) => [header[i] ?? '', []]));
  lines.slice(1).forEach((line, row) => {
    if (line.trim() === '' && header.length > 1) return;
    if (line === '' && row === lines.length - 2) return;
    const cells = cellsOf(line);
    if (cells.length !== header.length)
      throw new SeriesFileError(
        file,
        row + 2,
        1,
        `${cells.length} columns where the header has ${header.length}; add what is missing (an empty cell is a missing point)`,
      );
    for (const i of columns)
      series.get(header[i] ?? '')?.push(numberOf(file, row + 2, header[i] ?? '', cells[i] ?? ''));
  });
  return series;
}

function choose(file: string, header: readonly string[], wanted: string | undefined): readonly number[] {
  if (wanted !== undefined) {
    const at = header.indexOf(wanted);
    if (at >= 0) return [at];
    throw new SeriesFileError(file, 1, 1, `there is no column "${wanted}"; the columns are ${header.join(', ')}`);
  }
  const value = header.indexOf('value');
  if (value >= 0) return [value];
  const metrics = header.flatMap((name, i) => (TIME_COLUMNS.has(name.toLowerCase()) ? [] : [i]));
  if (metrics.length === 0) throw new SeriesFileError(file, 1, 1, 'there is no column of values; name one `value`');
  return metrics;
}

function numberOf(file: string, line: number, column: string, cell: string): number {
  const text = cell.trim();
  if (MISSING.has(text.toLowerCase())) return NaN;
  if (isNumber(text)) return Number(text);
  throw new SeriesFileError(
    file,
    line,
    1,
    `"${text}" in column ${column} is not a number; write a number, or leave the cell empty where a point is missing`,
  );
}

function isNumber(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text));
}

/** Quoted cells may hold commas and doubled quotes (RFC 4180); a cell does not go on over lines. */
function cellsOf(line: string): string[] {
  const cells: string[] = [];
  const cell = /\s*"((?:[^"]|"")*)"\s*(?:,|$)|([^,]*)(?:,|$)/y;
  while (cell.lastIndex <= line.length) {
    const match = cell.exec(line);
    if (!match) return [...cells, line];
    cells.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (!match[0].endsWith(',')) return cells;
  }
  return cells;
}
