/** Certificates of documents that stand in files: named from there, and checked while a line can still be named. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { keyOf } from './document.ts';
import type { Problem } from './errors.ts';
import type { Located } from './parse.ts';
import { readTls, tlsUses, withFilesFrom } from './tls-files.ts';

/** @param cwd - what the names of the documents' files are relative to */
export function locateTls(
  documents: readonly Located[],
  cwd: string,
): { readonly documents: Located[]; readonly problems: Problem[] } {
  const problems: Problem[] = [];
  const located = documents.map((one) => {
    const { document, source, file, locate } = one;
    const absolute = (name: string): string => resolve(cwd, dirname(file), name);
    for (const use of tlsUses(document)) {
      const { issues } = readTls(use, (name) => readFileSync(absolute(name), 'utf8'));
      for (const { path, message } of issues) {
        problems.push({ file, ...locate(path), path: `${keyOf(document)} ${path.map(String).join('.')}`, message });
      }
    }
    return { ...one, source: withFilesFrom(source, document, absolute) };
  });
  return { documents: located, problems };
}
