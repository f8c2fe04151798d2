/** What a shadow has found, in words. */
import type { CopiesEvidence, FieldDifference } from '../../contracts/verdict.ts';
import { formatCount } from '../format/number.ts';

/** Those that differ, and those that are not yet shown to be the same; then how many others there are. */
export function openFields(fields: readonly FieldDifference[]): {
  readonly open: readonly FieldDifference[];
  readonly safe: number;
} {
  const open = fields.filter((field) => field.verdict !== 'PASS');
  return { open, safe: fields.length - open.length };
}

/** How often a field differed, of the candidate and by itself. Shares of all pairs, or null before any. */
export function sharesOf({ pairs, candidateOnly, againOnly, both }: FieldDifference): {
  readonly candidate: number | null;
  readonly itself: number | null;
} {
  if (pairs === 0) return { candidate: null, itself: null };
  return { candidate: (candidateOnly + both) / pairs, itself: (againOnly + both) / pairs };
}

export function safeSentence(safe: number): string {
  return safe === 1
    ? '1 more field differs by itself, and no more often in the candidate.'
    : `${formatCount(safe)} more fields differ by themselves, and no more often in the candidate.`;
}

export function copiesSentence({ mirrored, dropped, learnt, learn, compared }: CopiesEvidence): string {
  const copied = `${formatCount(mirrored)} requests copied`;
  if (learnt < learn)
    return `${copied}; learning what differs by itself: ${formatCount(learnt)} of ${formatCount(learn)}`;
  return `${copied}, ${formatCount(compared)} answers compared, ${formatCount(dropped)} comparisons dropped`;
}
