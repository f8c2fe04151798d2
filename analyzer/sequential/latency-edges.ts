/** Where latency is compared: at edges of the histogram that are fixed before the requests that they judge. */
import type { SparseBuckets } from '../../contracts/histogram.ts';
import { bucketOfQuantile, countFrom, raiseEdge, stretchEdge, total } from './histogram-counts.ts';

export type Edge = {
  /** `p90`, or `2 x p99`: of the baseline as it was measured. */
  readonly label: string;
  /** Bucket index; a baseline request at or above it counts as slow. */
  readonly edge: number;
  /** A candidate request at or above it counts as slow: `edge`, raised by the dead zone. */
  readonly candidateEdge: number;
  /** The baseline's share of slow requests when it was measured, 0…1. */
  readonly baselineRate: number;
};

export type SafeEdges = {
  /** The lower edge of the bucket that held the baseline's quantile. */
  readonly baselineEdge: number;
  /** The largest edge that is at most (1 + tolerance) times as high. */
  readonly candidateEdge: number;
  readonly baselineRate: number;
};

/** Fewer baseline requests than this say too little about where its quantiles are. */
export const MIN_CALIBRATION = 200;

const QUANTILES = [0.5, 0.75, 0.9, 0.95, 0.99];
/** Requests that hang lie far beyond the baseline's tail, where the baseline adds no noise. */
const HANG_FACTOR = 2;

/**
 * The dead zone of "regressed", as a part of the tolerance. A candidate meets colder caches and connections for no
 * better reason than its small share of the traffic; without a dead zone that would be a regress, given requests
 * enough. It only makes failing harder: whoever is no slower than the baseline is no slower than this, too.
 */
const DEAD_ZONE = 0.5;

/** The edges at which "slower than the baseline" is looked for; at least one, each only once. */
export function regressionEdges(calibration: SparseBuckets, quantile: number, tolerance: number): Edge[] {
  const all = total(calibration);
  const edges = new Map<number, string>();
  for (const q of [...QUANTILES, quantile]) {
    const bucket = bucketOfQuantile(calibration, q);
    if (bucket !== undefined && !edges.has(bucket + 1)) edges.set(bucket + 1, nameOfQuantile(q));
  }
  const tail = bucketOfQuantile(calibration, 0.99);
  if (tail !== undefined) {
    const hang = stretchEdge(tail + 1, HANG_FACTOR);
    if (!edges.has(hang)) edges.set(hang, `${HANG_FACTOR} x p99`);
  }
  return [...edges].map(([edge, label]) => ({
    edge,
    candidateEdge: raiseEdge(edge, 1 + DEAD_ZONE * tolerance),
    label,
    baselineRate: countFrom(calibration, edge) / all,
  }));
}

/**
 * The pair of edges for "safe". The candidate's quantile is within the tolerance when at least as few of its requests
 * reach (1 + tolerance) * x as of the baseline's reach x, x being the baseline's quantile. Both edges are rounded
 * down, which makes the claim stronger, never weaker.
 */
export function safeEdges(calibration: SparseBuckets, quantile: number, tolerance: number): SafeEdges | undefined {
  const baselineEdge = bucketOfQuantile(calibration, quantile);
  if (baselineEdge === undefined) return undefined;
  return {
    baselineEdge,
    candidateEdge: stretchEdge(baselineEdge, 1 + tolerance),
    baselineRate: countFrom(calibration, baselineEdge) / total(calibration),
  };
}

/** So many slow baseline requests are awaited before its edge is looked at again. */
const SLOW_PER_WINDOW = 20;
const MIN_WINDOW = 1_000;

/** How many baseline requests are looked at together, to see whether the load has changed since the edges were fixed. */
export function windowOf(quantile: number): number {
  return Math.max(MIN_WINDOW, Math.ceil(SLOW_PER_WINDOW / (1 - quantile)));
}

/**
 * True when the edge is no longer near the baseline's quantile: half, or twice, as many requests reach it as should, or half
 * as many stay below it (at the median and under it, twice as many would be more than all).
 */
export function isStale(edge: number, quantile: number, window: SparseBuckets): boolean {
  const rate = countFrom(window, edge) / total(window);
  return rate < (1 - quantile) / 2 || rate > (1 - quantile) * 2 || 1 - rate < quantile / 2;
}

/** 0.99 -> `p99`, 0.999 -> `p99.9`. */
export function nameOfQuantile(q: number): string {
  return `p${Number((q * 100).toFixed(4))}`;
}
