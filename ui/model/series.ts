/** Points of the live stream as the columns that charts draw. */
import type { ExperimentPoint, ServicePoint } from '../../contracts/live.ts';
import type { Arm } from '../../contracts/overlay.ts';

export type Column = readonly (number | null)[];
export type ArmFigure = 'requests' | 'errors' | 'p50' | 'p95' | 'p99';

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

/** One figure of one arm over time. Errors are in percent of the arm's requests; null where there were none. */
export function armColumn(points: readonly ExperimentPoint[], arm: Arm, figure: ArmFigure): Column {
  return points.map((point) => {
    const found = point.arms.find((a) => a.arm === arm);
    if (!found) return null;
    switch (figure) {
      case 'requests':
        return found.requests;
      case 'errors':
        return found.requests > 0 ? (found.errors / found.requests) * 100 : null;
      case 'p50':
        return found.p50Ms;
      case 'p95':
        return found.p95Ms;
      case 'p99':
        return found.p99Ms;
    }
  });
}

/** The share of requests that the candidate got, in percent: measured over the five seconds up to each point. */
export function measuredWeight(points: readonly ExperimentPoint[]): Column {
  const counts = points.map((point) => {
    const of = (arm: Arm): number => point.arms.find((a) => a.arm === arm)?.requests ?? 0;
    return { candidate: of('candidate'), all: of('candidate') + of('baseline'), ppm: point.intendedPpm };
  });
  return counts.map((_, i) => {
    let candidate = 0;
    let all = 0;
    // Seconds of another step would smear its edge.
    for (let j = i; j >= Math.max(0, i - 4) && counts[j]?.ppm === counts[i]?.ppm; j--) {
      candidate += counts[j]?.candidate ?? 0;
      all += counts[j]?.all ?? 0;
    }
    return all > 0 ? (candidate / all) * 100 : null;
  });
}

export function intendedWeight(points: readonly ExperimentPoint[]): Column {
  return points.map((point) => point.intendedPpm / 10_000);
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

export function serviceSeries(points: readonly ServicePoint[]): { requests: number[]; errors: number[] } {
  return { requests: points.map((p) => p.requests), errors: points.map((p) => p.errors) };
}
