/** What a file of series holds, and how it is refused. */
import type { Problem } from '../../contracts/errors.ts';

/** Points of each metric, in the order of the file. NaN: the point is missing. */
export type SeriesByName = ReadonlyMap<string, readonly number[]>;

export type SeriesArm = 'baseline' | 'candidate';

/** A file that cannot be taken as series; says where, and what to do. */
export class SeriesFileError extends Error {
  readonly problem: Problem;

  constructor(file: string, line: number, column: number, message: string) {
    super(message);
    this.name = 'SeriesFileError';
    this.problem = { file, line, column, path: '', message };
  }
}
