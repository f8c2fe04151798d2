/**
 * Seconds gathered into bins for the charts: a single second at 1% of the traffic holds two requests, and a line
 * through such seconds shows only noise. Counts are summed; a latency is the mean of the seconds' quantiles, by requests.
 */
import type { ExperimentPoint } from '../../contracts/live.ts';
import type { Arm } from '../../contracts/overlay.ts';

/** Per arm: rates a second, errors in percent, latencies in ms; null where the arm had no request. */
export type BinArm = {
  readonly requests: number;
  readonly errors: number | null;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
};
export type Bin = {
  /** Unix seconds, the middle of the bin. */
  readonly at: number;
  readonly intended: number;
  /** Percent of the requests that went to the candidate. */
  readonly measured: number | null;
  readonly baseline: BinArm | null;
  readonly candidate: BinArm | null;
};

const MOST_BINS = 120;
/** With fewer values than this, none of them is taken for a spike. */
const ENOUGH_TO_CLIP = 40;

/** Whole seconds a bin. @param spanS - the stretch of time that is shown */
export function binSeconds(spanS: number): number {
  return Math.max(1, Math.ceil(spanS / MOST_BINS));
}

/** Bins of at most `sizeS` seconds. A change of weight begins a new one, so that no step is smeared. */
export function binsOf(points: readonly ExperimentPoint[], sizeS: number): readonly Bin[] {
  const groups: ExperimentPoint[][] = [];
  for (const point of points) {
    const group = groups.at(-1);
    const first = group?.[0];
    const fits = first && first.intendedPpm === point.intendedPpm && point.at - first.at < sizeS * 1_000;
    if (group && fits) group.push(point);
    else groups.push([point]);
  }
  return groups.map(binOf);
}

function binOf(group: readonly ExperimentPoint[]): Bin {
  const first = group[0];
  const last = group.at(-1);
  const baseline = armOf(group, 'baseline');
  const candidate = armOf(group, 'candidate');
  const all = (baseline?.requests ?? 0) + (candidate?.requests ?? 0);
  return {
    at: ((first?.at ?? 0) + (last?.at ?? 0)) / 2_000,
    intended: (first?.intendedPpm ?? 0) / 10_000,
    measured: all > 0 ? ((candidate?.requests ?? 0) / all) * 100 : null,
    baseline,
    candidate,
  };
}

function armOf(group: readonly ExperimentPoint[], arm: Arm): BinArm | null {
  const found = group.flatMap((point) => point.arms.filter((a) => a.arm === arm));
  if (found.length === 0) return null;
  const requests = found.reduce((sum, a) => sum + a.requests, 0);
  const errors = found.reduce((sum, a) => sum + a.errors, 0);
  const mean = (figure: 'p50Ms' | 'p95Ms' | 'p99Ms'): number | null => {
    let sum = 0;
    let weight = 0;
    for (const a of found) {
      if (a[figure] === null) continue;
      sum += a[figure] * a.requests;
      weight += a.requests;
    }
    return weight > 0 ? sum / weight : null;
  };
  return {
    requests: requests / group.length,
    errors: requests > 0 ? (errors / requests) * 100 : null,
    p50: mean('p50Ms'),
    p95: mean('p95Ms'),
    p99: mean('p99Ms'),
  };
}

/**
 * How high the axis goes: to the highest value, unless single spikes would flatten all the rest. What is above is
 * marked at the edge by the chart, never left out in silence.
 */
export function axisTop(columns: readonly (readonly (number | null)[])[], floor: number): number {
  let top = floor;
  for (const column of columns) {
    const values = column.filter((v) => v !== null).sort((a, b) => a - b);
    const highest = values.at(-1) ?? 0;
    const usual = values[Math.floor((values.length - 1) * 0.9)] ?? 0;
    const most = values.length < ENOUGH_TO_CLIP ? Infinity : Math.max(usual * 3, floor);
    top = Math.max(top, Math.min(highest * 1.12, most));
  }
  return top;
}
