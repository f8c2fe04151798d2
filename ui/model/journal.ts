/** What the pages read from a journal beyond its sentences. */
import type { JournalEntry } from '../../contracts/experiment.ts';

/** Written for the runner that resumes, not for people. */
const BOOKKEEPING: readonly string[] = ['checkpoint', 'done'];

/** The entries that tell a person something. */
export function entriesForPeople(entries: readonly JournalEntry[]): readonly JournalEntry[] {
  return entries.filter((entry) => !BOOKKEEPING.includes(entry.type));
}

/** An entry's data without the state that it carries for the runner: that is long, and follows from the rest. */
export function evidenceOf(entry: JournalEntry): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(entry.data).filter(([key]) => key !== 'state'));
}

/** Whether the stable version was moved to the candidate at some time of this run. */
export function wasPromoted(entries: readonly JournalEntry[]): boolean {
  return entries.some((entry) => entry.type === 'promote');
}
