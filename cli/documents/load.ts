/** Files for a command that needs them valid: shows every problem, and says whether to go on. */
import type { Located } from '../../contracts/parse.ts';
import { EXPERIMENT_KINDS } from '../../contracts/document.ts';
import type { CanaryDocument, ExperimentDocument } from '../../contracts/document.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../failure.ts';
import { readFiles } from './read-files.ts';
import { countProblems, showProblems } from './show-problems.ts';

/** @returns undefined when there are problems; they have been printed */
export async function loadValid(paths: readonly string[], terminal: Terminal): Promise<readonly Located[] | undefined> {
  const result = await readFiles(paths, terminal.cwd);
  if (result.problems.length === 0) return result.documents;
  terminal.err(showProblems(result.problems, result.texts, terminal.colors));
  terminal.err(`${countProblems(result.problems, result.files)}; nothing was done\n`);
  return undefined;
}

export type LocatedExperiment = Located & { readonly document: ExperimentDocument };

export function isExperiment(located: Located): located is LocatedExperiment {
  return EXPERIMENT_KINDS.some((kind) => kind === located.document.kind);
}

/** The one experiment of a file. @returns undefined when there are problems; they have been printed */
export async function loadExperiment(path: string, terminal: Terminal): Promise<ExperimentDocument | undefined> {
  const documents = await loadValid([path], terminal);
  if (!documents) return undefined;
  const [experiment, ...more] = documents.filter(isExperiment);
  if (!experiment) throw new UsageError(`${path} holds no experiment`, 'name a file with one');
  if (more.length > 0) throw new UsageError(`${path} holds several experiments`, 'name a file with one');
  return experiment.document;
}

/** The same, for a command that knows the Canary only. */
export async function loadCanary(path: string, terminal: Terminal): Promise<CanaryDocument | undefined> {
  const document = await loadExperiment(path, terminal);
  if (document && document.kind !== 'Canary')
    throw new UsageError(`${path} holds a ${document.kind}`, 'this command knows the Canary only');
  return document;
}
