/** The demo's documents: the shop and both canaries, moved to the ports that were asked for. */
import { join, relative } from 'node:path';
import type { Located } from '../../contracts/parse.ts';
import type { SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { isExperiment } from '../documents/load.ts';
import { readFiles } from '../documents/read-files.ts';
import { PACKAGE_ROOT } from '../version.ts';
import { DEFAULT_BASE, moveDocument } from './ports-block.ts';

const FILES = ['shop/shop.yaml', 'canary-bad.yaml', 'canary-good.yaml'] as const;

export type DemoScenario = {
  readonly shop: readonly Located[];
  readonly bad: SourceDocument;
  readonly good: SourceDocument;
  /** host:port */
  readonly control: string;
  readonly gateway: string;
};

/** @throws MeshproofError DOCUMENT_INVALID when the files that came with the program are damaged */
export async function demoScenario(base: number, cwd: string): Promise<DemoScenario> {
  const paths = FILES.map((file) => relative(cwd, join(PACKAGE_ROOT, 'scenarios', file)));
  const { documents, problems } = await readFiles(paths, cwd);
  const [problem] = problems;
  if (problem) throw new MeshproofError('DOCUMENT_INVALID', `${problem.file}:${problem.line}: ${problem.message}`);
  const moved = documents.map((located) => moveDocument(located, base - DEFAULT_BASE));
  const shop = moved.filter((d) => !isExperiment(d));
  const [bad, good] = moved.filter(isExperiment).map((d) => d.source);
  const gateway = shop.find((d) => d.document.kind === 'Gateway')?.document;
  if (!bad || !good || gateway?.kind !== 'Gateway') {
    throw new MeshproofError('DOCUMENT_INVALID', `${paths.join(', ')}: a gateway or a canary is missing`);
  }
  return { shop, bad, good, control: `127.0.0.1:${base}`, gateway: gateway.spec.listen };
}
