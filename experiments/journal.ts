/** From the entries of a journal back to the run: the last state that was written, and what was decided but not noted as done. */
import type { SourceDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import type { JournalEntry } from '../contracts/experiment.ts';
import type { Effect, State } from './state.ts';

export type Folded = {
  readonly source: SourceDocument;
  readonly state: State;
  readonly nextSeq: number;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly unfinished: { readonly seq: number; readonly effects: readonly Effect[] } | undefined;
};

/** @throws MeshproofError JOURNAL_DAMAGED when an entry is missing or the first one declares nothing */
export function foldJournal(entries: readonly JournalEntry[]): Folded {
  const first = entries[0];
  const last = entries.at(-1);
  if (!first || !last || first.type !== 'declared')
    throw new MeshproofError('JOURNAL_DAMAGED', 'the journal does not begin with a declaration');
  entries.forEach((entry, i) => {
    if (entry.seq !== i)
      throw new MeshproofError('JOURNAL_DAMAGED', `entry ${i} is missing in the journal of ${first.experimentId}`);
  });
  const states = entries.flatMap((e) => ('state' in e.data ? [e.data['state'] as State] : []));
  const state = states.at(-1);
  if (!state) throw new MeshproofError('JOURNAL_DAMAGED', `the journal of ${first.experimentId} holds no state`);
  return {
    source: first.data['source'] as SourceDocument,
    state,
    nextSeq: entries.length,
    startedAt: first.at,
    updatedAt: last.at,
    unfinished: unfinishedOf(entries),
  };
}

function unfinishedOf(entries: readonly JournalEntry[]): Folded['unfinished'] {
  const decisions = entries.filter(
    (e) => Array.isArray(e.data['effects']) && (e.data['effects'] as readonly unknown[]).length > 0,
  );
  const decision = decisions.at(-1);
  if (!decision) return undefined;
  const settled = entries.some(
    (e) => e.seq > decision.seq && ((e.type === 'done' && e.data['of'] === decision.seq) || e.type === 'refused'),
  );
  return settled ? undefined : { seq: decision.seq, effects: decision.data['effects'] as readonly Effect[] };
}
