/** The demo's ports are one block: everything moves together when it has to make room. */

import type { SourceDocument } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { checkDocument } from '../../contracts/parse.ts';
import type { Located } from '../../contracts/parse.ts';

/** Where the block begins in the shop's documents: the control plane and the dashboard. */
export const DEFAULT_BASE = 9_900;
/** The highest port of the block lies below base + this. */
export const BLOCK_SIZE = 30;

const LOOPBACK_ADDRESS = /^127\.0\.0\.1:(\d{1,5})$/;

/** @returns the same structure with every loopback address moved by `offset` ports */
export function shiftPorts(value: unknown, offset: number): unknown {
  if (typeof value === 'string') {
    const port = LOOPBACK_ADDRESS.exec(value)?.[1];
    return port === undefined ? value : `127.0.0.1:${Number(port) + offset}`;
  }
  if (Array.isArray(value)) return value.map((inner) => shiftPorts(inner, offset));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shiftPorts(inner, offset)]));
}

/** The document with its loopback addresses moved. @throws MeshproofError DOCUMENT_INVALID when it does not bear that */
export function moveDocument(located: Located, offset: number): Located {
  const source = shiftPorts(located.source, offset) as SourceDocument;
  const checked = checkDocument(source);
  if (!checked.ok) throw new MeshproofError('DOCUMENT_INVALID', checked.issues.map((i) => i.message).join('; '));
  return { ...located, source, document: checked.document };
}
