/** The documents of a version, by key, and what a delta makes of them. Pure. */
import { keyOf } from '../../contracts/document.ts';
import type { SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import type { FromControl } from '../../contracts/wire.ts';

export type DocumentSet = ReadonlyMap<string, SourceDocument>;
export type ConfigMessage = Extract<FromControl, { type: 'snapshot' | 'delta' }>;
export type Versioned = { readonly version: number | null; readonly documents: DocumentSet };

/**
 * @returns the documents of `message.version`
 * @throws MeshproofError WIRE_BASE_MISMATCH, or WIRE_MALFORMED when something is no document
 */
export function documentsAfter(current: Versioned, message: ConfigMessage): DocumentSet {
  if (message.type === 'snapshot') return withDocuments(new Map(), message.documents);
  if (message.base !== current.version) {
    throw new MeshproofError(
      'WIRE_BASE_MISMATCH',
      `the delta builds on version ${message.base}; here is ${current.version === null ? 'none' : `version ${current.version}`}`,
    );
  }
  const next = new Map(current.documents);
  for (const key of message.remove) next.delete(key);
  return withDocuments(next, message.set);
}

/** Only the key is looked at here; the data plane checks the rest before it takes anything over. */
export function withDocuments(into: Map<string, SourceDocument>, sources: readonly unknown[]): DocumentSet {
  for (const source of sources) {
    if (!hasKey(source)) throw new MeshproofError('WIRE_MALFORMED', 'a document without kind or metadata.name');
    into.set(keyOf(source), source);
  }
  return into;
}

function hasKey(source: unknown): source is SourceDocument {
  if (typeof source !== 'object' || source === null || !('kind' in source) || !('metadata' in source)) return false;
  const { kind, metadata } = source;
  if (typeof kind !== 'string' || typeof metadata !== 'object' || metadata === null) return false;
  return 'name' in metadata && typeof metadata.name === 'string';
}
