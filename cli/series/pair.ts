/** Which series of the one file belongs to which of the other. */
import type { PairedSeries } from '../../analyzer/series/series.ts';
import { nearest } from '../../contracts/nearest.ts';
import { SeriesFileError } from './series-by-name.ts';
import type { SeriesByName } from './series-by-name.ts';

export type Side = { readonly file: string; readonly series: SeriesByName };

/**
 * Pairs by name; two files of one series each are paired whatever the names.
 * @param wanted - only these metrics; empty: all
 * @throws SeriesFileError when a name stands in one file alone
 */
export function pairSeries(baseline: Side, candidate: Side, wanted: readonly string[]): PairedSeries[] {
  const [b, ...moreB] = [...baseline.series];
  const [c, ...moreC] = [...candidate.series];
  if (b && c && moreB.length + moreC.length === 0 && wanted.length <= 1)
    return [{ name: wanted[0] ?? c[0], baseline: b[1], candidate: c[1] }];
  const names = wanted.length > 0 ? wanted : [...new Set([...baseline.series.keys(), ...candidate.series.keys()])];
  return names.map((name) => ({ name, baseline: find(baseline, name), candidate: find(candidate, name) }));
}

function find({ file, series }: Side, name: string): readonly number[] {
  const found = series.get(name);
  if (found) return found;
  const names = [...series.keys()];
  const near = nearest(name, names);
  const hint = near === undefined ? `it has ${names.join(', ')}` : `did you mean ${near}?`;
  throw new SeriesFileError(file, 1, 1, `there is no metric "${name}" in this file; ${hint}`);
}
