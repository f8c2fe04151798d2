/** Reads the files (and folders) of a command line into checked documents and problems. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../contracts/errors.ts';
import { parseFile } from '../../contracts/parse.ts';
import type { Located } from '../../contracts/parse.ts';
import { locateTls } from '../../contracts/tls-located.ts';
import { crossCheckFiles } from '../../contracts/validate-files.ts';
import { UsageError } from '../failure.ts';
import { resolve } from 'node:path';

export type ReadResult = {
  readonly files: readonly string[];
  readonly documents: readonly Located[];
  readonly problems: readonly Problem[];
  /** The text of each file, to show the lines that are wrong. */
  readonly texts: ReadonlyMap<string, string>;
};

const DOCUMENT_FILE = /\.(ya?ml|json)$/;

/**
 * Reads all files, and all *.yaml, *.yml and *.json of each folder, and checks them together.
 * A file that cannot be read is a problem of that file.
 * @throws UsageError when a folder holds no document file
 */
export async function readFiles(paths: readonly string[], cwd: string): Promise<ReadResult> {
  const documents: Located[] = [];
  const problems: Problem[] = [];
  const texts = new Map<string, string>();
  const files: string[] = [];
  const broken: string[] = [];
  for (const path of paths) files.push(...(await expand(path, cwd)));
  for (const file of new Set(files)) {
    const text = await readText(file, cwd);
    if (text === undefined) {
      problems.push({ file, line: 1, column: 1, path: '', message: 'the file cannot be read; is the name right?' });
      continue;
    }
    texts.set(file, text);
    const parsed = parseFile(file, text);
    documents.push(...parsed.documents);
    problems.push(...parsed.problems);
    broken.push(...parsed.broken);
  }
  problems.push(...crossCheckFiles(documents, broken));
  const secured = locateTls(documents, cwd);
  problems.push(...secured.problems);
  return { files: [...new Set(files)], documents: secured.documents, problems, texts };
}

async function expand(path: string, cwd: string): Promise<string[]> {
  const info = await stat(resolve(cwd, path)).catch(absent);
  if (!info?.isDirectory()) return [path];
  const names = (await readdir(resolve(cwd, path))).filter((name) => DOCUMENT_FILE.test(name)).sort();
  if (names.length === 0) throw new UsageError(`${path} holds no *.yaml, *.yml or *.json`, 'name a file or a folder');
  return names.map((name) => join(path, name));
}

async function readText(file: string, cwd: string): Promise<string | undefined> {
  return readFile(resolve(cwd, file), 'utf8').catch(absent);
}

function absent(error: unknown): undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return undefined;
  throw error;
}
