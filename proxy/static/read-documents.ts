/** Reads the files (and folders) of a proxy that has no control plane, and checks them together. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CONFIG_KINDS, keyOf } from '../../contracts/document.ts';
import type { SourceDocument } from '../../contracts/document.ts';
import type { Problem } from '../../contracts/errors.ts';
import { parseFile } from '../../contracts/parse.ts';
import type { Located, Parsed } from '../../contracts/parse.ts';
import { locateTls } from '../../contracts/tls-located.ts';
import { crossCheckFiles } from '../../contracts/validate-files.ts';

export type FileDocuments = {
  readonly documents: readonly SourceDocument[];
  /** Keys of experiments, which need a control plane and are left out. */
  readonly experiments: readonly string[];
  readonly problems: readonly Problem[];
};

const DOCUMENT_FILE = /\.(ya?ml|json)$/;

/** Takes all *.yaml, *.yml and *.json of a folder, not of the folders in it. A file that cannot be read is a problem. */
export async function readDocuments(paths: readonly string[]): Promise<FileDocuments> {
  const located: Located[] = [];
  const problems: Problem[] = [];
  const broken: string[] = [];
  for (const file of await expandAll(paths)) {
    const parsed = await readOne(file);
    located.push(...parsed.documents);
    problems.push(...parsed.problems);
    broken.push(...parsed.broken);
  }
  problems.push(...crossCheckFiles(located, broken));
  const secured = locateTls(located, process.cwd());
  problems.push(...secured.problems);
  const isConfig = ({ document }: Located): boolean => CONFIG_KINDS.some((kind) => kind === document.kind);
  return {
    documents: secured.documents.filter(isConfig).map((d) => d.source),
    experiments: located.filter((d) => !isConfig(d)).map((d) => keyOf(d.document)),
    problems,
  };
}

async function expandAll(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const files = new Set<string>();
  for (const path of paths) {
    const info = await stat(path).catch(() => undefined); // what is wrong is said when the file is read
    if (!info?.isDirectory()) files.add(path);
    else {
      const names = (await readdir(path)).filter((name) => DOCUMENT_FILE.test(name));
      for (const name of names.sort()) files.add(join(path, name));
    }
  }
  return files;
}

async function readOne(file: string): Promise<Parsed> {
  try {
    return parseFile(file, await readFile(file, 'utf8'));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const message = `the file cannot be read (${String(error.code)}); is the name right?`;
    return { documents: [], broken: [], problems: [{ file, line: 1, column: 1, path: '', message }] };
  }
}
