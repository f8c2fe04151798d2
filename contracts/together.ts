/** `together`: releases of several services that are promoted together or rolled back together. */
import { z } from 'zod';
import { afterOf } from './after.ts';
import type { Document } from './document.ts';
import type { Issue } from './parse.ts';
import { Name } from './units.ts';

export const Together = z
  .array(Name)
  .max(10)
  .refine((names) => new Set(names).size === names.length, 'an experiment is named twice')
  .prefault([])
  .meta({
    description:
      'Releases of other services: this one is promoted (switched) when they may be too, and rolled back when one of them is. ' +
      'Each names all the others',
  });

/** @returns the names; none where the kind has no such key */
export function togetherOf({ spec }: Document): readonly string[] {
  return 'together' in spec ? spec.together : [];
}

/** @returns what keeps `document` from being released together with the others that are known, with its place in `together` */
export function togetherIssues(document: Document, others: readonly Document[]): readonly Issue[] {
  const own = document.metadata.name;
  return togetherOf(document).flatMap((name, i) => {
    const why = whyNot(document, name, own === name ? document : others.find((d) => d.metadata.name === name));
    return why === undefined ? [] : [{ path: ['spec', 'together', i], message: why }];
  });
}

function whyNot(document: Document, name: string, other: Document | undefined): string | undefined {
  const own = document.metadata.name;
  if (!other) return undefined;
  if (other === document) return 'it names itself; name the others';
  const missing = [own, ...togetherOf(document)].filter((n) => n !== name && !togetherOf(other).includes(n));
  if (missing.length > 0)
    return `${name} does not name ${missing.join(', ')} in its own \`together\`; each names all the others`;
  if (afterOf(document).includes(name) || afterOf(other).includes(own))
    return `one of ${own} and ${name} comes after the other: they cannot be released together`;
  if ('service' in document.spec && 'service' in other.spec && document.spec.service === other.spec.service)
    return `${name} is a release of ${document.spec.service} too; together go releases of different services`;
  return undefined;
}
