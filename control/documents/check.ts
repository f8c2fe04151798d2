/** Whether documents are valid: each by itself, and all of them together. Pure. */
import { CONFIG_KINDS, keyOf } from '../../contracts/document.ts';
import type { Document, SourceDocument } from '../../contracts/document.ts';
import { checkDocument } from '../../contracts/parse.ts';
import type { Issue } from '../../contracts/parse.ts';
import { crossCheck } from '../../contracts/validate.ts';
import { InvalidDocuments } from './invalid-documents.ts';
import type { DocumentProblem } from './invalid-documents.ts';

/** Whether the proxies receive it. */
export function isConfig(source: SourceDocument): boolean {
  return CONFIG_KINDS.some((kind) => kind === source.kind);
}

/** @throws InvalidDocuments with every problem of the documents by themselves */
export function checkAlone(sources: readonly SourceDocument[]): readonly Document[] {
  const problems: DocumentProblem[] = [];
  const documents: Document[] = [];
  sources.forEach((source, index) => {
    const checked = checkDocument(source);
    if (checked.ok) documents.push(checked.document);
    else problems.push(...checked.issues.map((issue) => problemOf(shownKey(source, index), issue)));
  });
  if (problems.length > 0) throw new InvalidDocuments(problems);
  return documents;
}

/** Of documents that are stored: one that a newer schema no longer takes must not stand in the way of all others. */
export function validOnes(sources: readonly SourceDocument[]): readonly Document[] {
  return sources.flatMap((source) => {
    const checked = checkDocument(source);
    return checked.ok ? [checked.document] : [];
  });
}

/** @returns every problem between documents that are valid by themselves */
export function problemsTogether(documents: readonly Document[]): readonly DocumentProblem[] {
  return crossCheck(documents).map((issue) => {
    const document = documents[issue.index];
    return problemOf(document ? keyOf(document) : '', issue);
  });
}

function problemOf(key: string, { path, message }: Issue): DocumentProblem {
  return { key, path: `${key} ${path.map(String).join('.')}`.trim(), message };
}

/** What to call a document that may lack its kind or name. */
function shownKey(source: SourceDocument, index: number): string {
  const { kind, metadata } = source as { kind?: unknown; metadata?: { name?: unknown } | null };
  const name = metadata?.name;
  return typeof kind === 'string' && typeof name === 'string' ? `${kind}/${name}` : `documents[${index}]`;
}
