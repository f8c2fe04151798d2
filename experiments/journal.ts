/** From the entries of a journal back to the run: the state that was written last says everything that is needed. */
import { isExperimentDocument } from '../contracts/document.ts';
import type { ExperimentDocument, SourceDocument } from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import type { JournalEntry } from '../contracts/experiment.ts';
import { checkDocument } from '../contracts/parse.ts';
import { STATE_KEY } from './journal-types.ts';
import { State } from './state.ts';

export type Folded = {
  readonly document: ExperimentDocument;
  readonly source: SourceDocument;
  readonly state: State;
  readonly nextSeq: number;
  readonly startedAt: string;
  readonly updatedAt: string;
};

/** @throws MeshproofError JOURNAL_DAMAGED when an entry is missing, or cannot be read */
export function foldJournal(entries: readonly JournalEntry[]): Folded {
  const first = entries[0];
  const last = entries.at(-1);
  if (!first || !last) throw new MeshproofError('JOURNAL_DAMAGED', 'the journal is empty');
  const gap = entries.findIndex((entry, i) => entry.seq !== i);
  if (gap >= 0) throw new MeshproofError('JOURNAL_DAMAGED', `entry ${gap} is missing`);
  const bearer = entries.findLast((entry) => STATE_KEY in entry.data);
  if (!bearer) throw new MeshproofError('JOURNAL_DAMAGED', 'no entry holds a state to go on from');
  return {
    ...declarationOf(first),
    state: stateOf(bearer),
    nextSeq: entries.length,
    startedAt: first.at,
    updatedAt: last.at,
  };
}

function stateOf(entry: JournalEntry): State {
  const parsed = State.safeParse(entry.data[STATE_KEY]);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues[0]?.path.map(String).join('.') ?? '';
  throw new MeshproofError('JOURNAL_DAMAGED', `the state in entry ${entry.seq} cannot be read (${where})`);
}

/** @throws MeshproofError JOURNAL_DAMAGED */
export function declarationOf(first: JournalEntry | undefined): Pick<Folded, 'document' | 'source'> {
  const source = first?.data['source'];
  const checked = checkDocument(source);
  if (first?.type !== 'declared' || !checked.ok || !isExperimentDocument(checked.document))
    throw new MeshproofError('JOURNAL_DAMAGED', 'entry 0 does not declare an experiment that is valid');
  return { document: checked.document, source: source as SourceDocument };
}

/**
 * What of `entries` is not in the journal yet: an append that failed may have been written all the same.
 * @returns undefined when the journal holds something else in their place: another runner has the run
 */
export function notYetWritten(
  entries: readonly JournalEntry[],
  stored: readonly JournalEntry[],
): readonly JournalEntry[] | undefined {
  const bySeq = new Map(stored.map((entry) => [entry.seq, entry]));
  const missing = entries.filter((entry) => !bySeq.has(entry.seq));
  const same = entries.every((entry) => {
    const other = bySeq.get(entry.seq);
    return !other || (other.type === entry.type && other.at === entry.at && other.message === entry.message);
  });
  return same ? missing : undefined;
}
