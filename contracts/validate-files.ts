/** Checks across the documents of several files; each problem stands at its line. */
import { keyOf } from './document.ts';
import type { Problem } from './errors.ts';
import type { Located } from './parse.ts';
import { crossCheck } from './validate.ts';

/** @param broken - keys of documents that are declared in the files, but are not valid (Parsed.broken) */
export function crossCheckFiles(located: readonly Located[], broken: readonly string[]): Problem[] {
  const documents = located.map((l) => l.document);
  return crossCheck(documents, new Set(broken)).flatMap((issue) => {
    const at = located[issue.index];
    if (!at) return [];
    const path = issue.path.map((p) => (typeof p === 'number' ? `[${p}]` : `.${String(p)}`)).join('');
    return [
      {
        file: at.file,
        ...at.locate(issue.path),
        path: `${keyOf(at.document)} ${path.replace(/^\./, '')}`.trim(),
        message: issue.message,
      },
    ];
  });
}
