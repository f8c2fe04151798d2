/** DOCUMENT_INVALID with every problem that was found. */
import { MeshproofError } from '../../contracts/errors.ts';

export type DocumentProblem = { readonly key: string; readonly path: string; readonly message: string };

export class InvalidDocuments extends MeshproofError {
  readonly problems: readonly DocumentProblem[];

  constructor(problems: readonly DocumentProblem[]) {
    super('DOCUMENT_INVALID', problems.map((p) => `${p.path}: ${p.message}`).join('; '));
    this.problems = problems;
  }
}
