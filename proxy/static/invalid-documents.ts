/** Files that are not valid: DOCUMENT_INVALID, with every problem and its place. */
import { MeshproofError } from '../../contracts/errors.ts';
import type { Problem } from '../../contracts/errors.ts';
import { formatProblem } from '../../contracts/parse.ts';

export class InvalidDocuments extends MeshproofError {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('DOCUMENT_INVALID', problems.map(formatProblem).join('\n'));
    this.problems = problems;
  }
}
