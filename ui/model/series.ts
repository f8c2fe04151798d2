/** Histories of points, and what the small charts draw of them. */
import type { JournalEntry } from '../../contracts/experiment.ts';
import type { ExperimentPoint } from '../../contracts/live.ts';

/** Adds points to a history that is in order of time; a point of a second that is there takes its place. */
export function mergePoints<P extends { readonly at: number }>(
  history: readonly P[],
  more: readonly P[],
  keepMs: number,
): readonly P[] {
  if (more.length === 0) return history;
  const last = history.at(-1);
  const inOrder = last === undefined || more.every((p, i) => p.at > (i === 0 ? last.at : (more[i - 1]?.at ?? 0)));
  const merged = inOrder
    ? [...history, ...more]
    : [...new Map([...history, ...more].map((p) => [p.at, p])).values()].sort((a, b) => a.at - b.at);
  const newest = merged.at(-1)?.at ?? 0;
  return merged.filter((p) => p.at > newest - keepMs);
}

/** Adds journal entries; each stands once, in order. */
export function mergeEntries(journal: readonly JournalEntry[], more: readonly JournalEntry[]): readonly JournalEntry[] {
  const bySeq = new Map([...journal, ...more].map((entry) => [entry.seq, entry]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Candidate requests a second, over the last 10 s; null where that is unknown. */
export function candidateRate(points: readonly ExperimentPoint[]): number | null {
  const recent = points.slice(-10);
  if (recent.length === 0) return null;
  const total = recent.reduce((sum, p) => sum + (p.arms.find((a) => a.arm === 'candidate')?.requests ?? 0), 0);
  return total / recent.length;
}

/**
 * The path of a sparkline in a box of the given size, averaged into at most `columns` places.
 * @returns the line; empty with fewer than two points
 */
export function sparkPath(values: readonly number[], width: number, height: number, top: number): string {
  if (values.length < 2 || top <= 0) return '';
  return values
    .map((v, i) => {
      const x = (i / (values.length - 1)) * width;
      const y = height - (Math.min(v, top) / top) * height;
      return `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join('');
}

/** Sums neighbours so that at most `places` values are left. The oldest group may be shorter. */
export function condense(values: readonly number[], places: number): readonly number[] {
  const size = Math.ceil(values.length / places);
  if (size <= 1) return values;
  const out: number[] = [];
  for (let end = values.length; end > 0; end -= size) {
    const group = values.slice(Math.max(0, end - size), end);
    out.unshift(group.reduce((sum, v) => sum + v, 0) / group.length);
  }
  return out;
}
