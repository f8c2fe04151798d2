/** The latency metric: how many requests of each arm are slower than edges that the baseline's quantiles fixed. */
import { lowerEdge } from '../../contracts/histogram.ts';
import type { SparseBuckets } from '../../contracts/histogram.ts';
import { logMeanExp } from '../math/log-mean-exp.ts';
import { compare, comparisonLogE, copyComparison, startComparison } from './comparison.ts';
import type { Comparison } from './comparison.ts';
import type { Batch } from './counts.ts';
import { isCompared } from './counts.ts';
import { raise, startLevel } from './evidence-level.ts';
import type { Level } from './evidence-level.ts';
import { countFrom, merge, total } from './histogram-counts.ts';
import { isStale, MIN_CALIBRATION, regressionEdges, safeEdges, windowOf } from './latency-edges.ts';
import type { Edge, SafeEdges } from './latency-edges.ts';
import type { Seen } from './two-arm.ts';

const PPM = 1_000_000;

export type WatchedEdge = Edge & { readonly process: Comparison };

export type Safe = SafeEdges & {
  readonly process: Comparison;
  /** ln of what the processes at earlier edges had come to. */
  readonly earlierLogE: number;
};

/** What is compared, once the baseline is known. */
export type Watch = {
  /** Null of each: the candidate is at or above its edge at most as often as the baseline at its own. */
  readonly edges: readonly WatchedEdge[];
  /** Null: the candidate is at or above its edge at least as often as the baseline at its own. */
  safe: Safe;
  /** The baseline since its edge was looked at last; as long as `windowOf` says. */
  window: SparseBuckets;
  /** The requests that were compared. */
  baseline: SparseBuckets;
  candidate: SparseBuckets;
};

/** Plain data. */
export type Latency = {
  readonly name: 'latency';
  readonly quantile: number;
  readonly tolerance: number;
  readonly shown: { baseline: SparseBuckets; candidate: SparseBuckets };
  /** The baseline so far, while it is too little to fix the edges by. */
  learning: SparseBuckets;
  watch: Watch | null;
  readonly levels: { readonly regressed: Level; readonly safe: Level };
  lastPpm: number;
};

/** @param tolerance - a fraction: 0.1 is 10 % slower */
export function startLatency(quantile: number, tolerance: number, calibration: SparseBuckets): Latency {
  return {
    name: 'latency',
    quantile,
    tolerance,
    shown: { baseline: [], candidate: [] },
    learning: calibration,
    watch: makeWatch(calibration, quantile, tolerance),
    levels: { regressed: startLevel(), safe: startLevel() },
    lastPpm: 0,
  };
}

/**
 * Takes a batch in. Changes `state`. Nothing of a batch that is still warming up is counted. Where no baseline was
 * measured before, the first baseline requests fix the edges, and only later requests are judged by them.
 */
export function addLatencies(state: Latency, batch: Batch): void {
  if (!batch.judgeLatency) return;
  const baseline = batch.baseline.latency;
  const candidate = batch.candidate.latency;
  state.shown.baseline = merge(state.shown.baseline, baseline);
  state.shown.candidate = merge(state.shown.candidate, candidate);
  const { watch } = state;
  if (!watch) {
    state.learning = merge(state.learning, baseline);
    state.watch = makeWatch(state.learning, state.quantile, state.tolerance);
    return;
  }
  if (!isCompared(batch)) return;
  addToWatch(watch, batch.candidatePpm, baseline, candidate);
  raise(state.levels.regressed, regressedLogE(watch));
  raise(state.levels.safe, safeLogE(watch));
  watch.window = merge(watch.window, baseline);
  if (total(watch.window) >= windowOf(state.quantile)) {
    lookAtEdge(state, watch, watch.window);
    watch.window = [];
  }
  state.lastPpm = batch.candidatePpm;
}

function addToWatch(watch: Watch, candidatePpm: number, baseline: SparseBuckets, candidate: SparseBuckets): void {
  const baselineRequests = total(baseline);
  const candidateRequests = total(candidate);
  const slowBaseline = (edge: number): Seen => ({ requests: baselineRequests, events: countFrom(baseline, edge) });
  const slowCandidate = (edge: number): Seen => ({ requests: candidateRequests, events: countFrom(candidate, edge) });
  for (const { edge, candidateEdge, process } of watch.edges) {
    compare(process, candidatePpm, slowBaseline(edge), slowCandidate(candidateEdge));
  }
  const { safe } = watch;
  // "Safe" asks whether the baseline is slow more often than the candidate: the arms change roles.
  compare(safe.process, PPM - candidatePpm, slowCandidate(safe.candidateEdge), slowBaseline(safe.baselineEdge));
  watch.baseline = merge(watch.baseline, baseline);
  watch.candidate = merge(watch.candidate, candidate);
}

/** The processes at one edge after the other judge different requests, so their product is an e-process too. */
export function safeLogE({ safe }: Watch): number {
  return safe.earlierLogE + comparisonLogE(safe.process);
}

/**
 * Fixes the edges of "safe" anew when the load has changed since: by requests that were judged already, for requests
 * that are still to come. At an edge that nobody reaches any more, no number of requests would say anything.
 */
export function lookAtEdge({ quantile, tolerance }: Latency, watch: Watch, window: SparseBuckets): void {
  if (!isStale(watch.safe.baselineEdge, quantile, window)) return;
  const edges = safeEdges(window, quantile, tolerance);
  if (edges) watch.safe = { ...edges, process: startSafe(edges, total(window)), earlierLogE: safeLogE(watch) };
}

function startSafe({ baselineRate }: SafeEdges, requests: number): Comparison {
  return startComparison({ requests, events: baselineRate * requests });
}

/** Each edge has an e-process of its own; under the null their mean is one too, however they depend on each other. */
export function regressedLogE(watch: Watch): number {
  return logMeanExp(watch.edges.map((edge) => comparisonLogE(edge.process)));
}

/** @returns null while the baseline is too little to fix the edges by */
export function makeWatch(calibration: SparseBuckets, quantile: number, tolerance: number): Watch | null {
  const requests = total(calibration);
  const safe = requests < MIN_CALIBRATION ? undefined : safeEdges(calibration, quantile, tolerance);
  if (!safe) return null;
  const prior = (rate: number): Seen => ({ requests, events: rate * requests });
  return {
    edges: regressionEdges(calibration, quantile, tolerance).map((edge) => ({
      ...edge,
      process: startComparison(prior(edge.baselineRate)),
    })),
    safe: { ...safe, process: startSafe(safe, requests), earlierLogE: 0 },
    window: [],
    baseline: [],
    candidate: [],
  };
}

/**
 * How long a slow request takes that is still told from a slower one. Counts come when requests end: until this much has passed
 * since the shares changed, the slow ones of the slower arm are still under way, and what has ended says nothing about it.
 * @returns microseconds; 0 while no edges are fixed
 */
export function settlingUs({ watch }: Latency): number {
  if (!watch) return 0;
  return Math.max(...[...watch.edges, watch.safe].map(({ candidateEdge }) => lowerEdge(candidateEdge)));
}

/** A copy that shares nothing that changes. */
export function copyLatency(state: Latency): Latency {
  const { watch } = state;
  return {
    ...state,
    shown: { ...state.shown },
    watch: watch && {
      ...watch,
      edges: watch.edges.map((edge) => ({ ...edge, process: copyComparison(edge.process) })),
      safe: { ...watch.safe, process: copyComparison(watch.safe.process) },
    },
    levels: { regressed: { ...state.levels.regressed }, safe: { ...state.levels.safe } },
  };
}
