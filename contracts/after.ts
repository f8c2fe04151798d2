/** `after`: experiments that must have passed before this one starts. Orders that cannot be kept are found here. */
import { z } from 'zod';
import type { Document } from './document.ts';
import type { Issue } from './parse.ts';
import { Name } from './units.ts';

export const After = z
  .array(Name)
  .max(10)
  .refine((names) => new Set(names).size === names.length, 'an experiment is named twice')
  .prefault([])
  .meta({ description: 'Starts when the last runs of these experiments have passed; when one did not, never' });

/** @returns the names; none where the kind has no such key */
export function afterOf({ spec }: Document): readonly string[] {
  return 'after' in spec ? spec.after : [];
}

/** @returns for each document whose turn would never come, by its index, what it would wait for */
export function orderIssues(documents: readonly Document[]): readonly (Issue & { readonly index: number })[] {
  const order = new Map(documents.map((document) => [document.metadata.name, afterOf(document)]));
  return documents.flatMap((document, index) =>
    afterOf(document).flatMap((name, i) => {
      const way = wayTo(document.metadata.name, name, order, []);
      if (way === undefined) return [];
      const message = `it would wait for itself: ${[document.metadata.name, ...way].join(' after ')}`;
      return [{ index, path: ['spec', 'after', i], message }];
    }),
  );
}

/** @returns the names from `from` to `goal`, both included; undefined when there is no way */
function wayTo(
  goal: string,
  from: string,
  order: ReadonlyMap<string, readonly string[]>,
  seen: readonly string[],
): readonly string[] | undefined {
  if (from === goal) return [from];
  if (seen.includes(from)) return undefined;
  for (const next of order.get(from) ?? []) {
    const way = wayTo(goal, next, order, [...seen, from]);
    if (way) return [from, ...way];
  }
  return undefined;
}
