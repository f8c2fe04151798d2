/** What the pages read from a journal beyond its sentences. */
import type { JournalEntry } from '../../contracts/experiment.ts';
import type { ExperimentPoint } from '../../contracts/live.ts';

/** The whole of the traffic, in parts per million. */
const PPM = 1_000_000;

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

/** When the stable version was moved to the candidate, in Unix milliseconds; null when it never was in this run. */
export function promotedAt(entries: readonly JournalEntry[]): number | null {
  const entry = entries.find(({ type }) => type === 'promote');
  return entry === undefined ? null : Date.parse(entry.at);
}

/**
 * Points by version: while the promoted version is watched, it is the baseline that the proxies count, but it keeps the
 * place and the colour of the candidate. @param promotedMs - see promotedAt
 */
export function pointsByVersion(
  points: readonly ExperimentPoint[],
  promotedMs: number | null,
): readonly ExperimentPoint[] {
  if (promotedMs === null) return points;
  return points.map((point) => {
    if (point.at < promotedMs) return point;
    const arms = point.arms.map((a) => ({ ...a, arm: a.arm === 'baseline' ? 'candidate' : 'baseline' }) as const);
    return { ...point, intendedPpm: PPM - point.intendedPpm, arms };
  });
}
