/** Plain tables: columns as wide as their widest cell, two spaces between, no lines. */
import { stripVTControlCharacters } from 'node:util';

export type Column = { readonly title: string; readonly align?: 'left' | 'right' };

/** @returns lines with a line break after each; trailing blanks are cut */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const widths = columns.map((column, i) =>
    Math.max(column.title.length, ...rows.map((row) => printedWidth(row[i] ?? ''))),
  );
  const line = (cells: readonly string[]): string =>
    columns
      .map((column, i) => pad(cells[i] ?? '', widths[i] ?? 0, column.align ?? 'left'))
      .join('  ')
      .trimEnd();
  return [columns.map((c) => c.title), ...rows].map((cells) => `${line(cells)}\n`).join('');
}

/** Columns that a cell takes on the screen: colour codes take none. */
export function printedWidth(text: string): number {
  return stripVTControlCharacters(text).length;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - printedWidth(text)));
  return align === 'right' ? blanks + text : text + blanks;
}
