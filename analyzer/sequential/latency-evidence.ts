/** The evidence of the latency metric, as people and pipelines read it. */
import { lowerEdge, quantile as quantileUs } from '../../contracts/histogram.ts';
import type { SparseBuckets } from '../../contracts/histogram.ts';
import type { MetricEvidence } from '../../contracts/verdict.ts';
import { comparisonLogE } from './comparison.ts';
import type { Comparison } from './comparison.ts';
import { decide } from './decision.ts';
import type { Words } from './decision.ts';
import { quantileRanks } from './fixed-quantile.ts';
import { attributionGrowth, missingRequests, seenRate, twoArmGrowth } from './growth.ts';
import { bucketOfRank, countFrom, total } from './histogram-counts.ts';
import { nameOfQuantile } from './latency-edges.ts';
import type { Latency, Watch, WatchedEdge } from './latency.ts';
import type { Seen } from './two-arm.ts';
import { count, milliseconds, percent } from './wording.ts';

const PPM = 1_000_000;
/** The number of requests at which the interval is tightest. */
const INTERVAL_TUNED_FOR = 2000;

/** @param alpha - of this metric alone */
export function latencyEvidence(state: Latency, alpha: number): MetricEvidence {
  const { baseline, candidate } = state.shown;
  const from = quantileUs(baseline, state.quantile);
  const to = quantileUs(candidate, state.quantile);
  const effect = from === undefined || to === undefined || from === 0 ? null : to / from - 1;
  return {
    name: `latency ${nameOfQuantile(state.quantile)}`,
    unit: 'ms',
    baseline: { requests: total(baseline), value: from === undefined ? null : from / 1000 },
    candidate: { requests: total(candidate), value: to === undefined ? null : to / 1000 },
    effect,
    interval: effect === null ? null : ratioInterval(baseline, candidate, state.quantile, alpha),
    limit: state.tolerance,
    ...decide(state.levels, 1 / alpha, words(state), missing(state, 1 / alpha)),
  };
}

/** candidate / baseline - 1; each arm's confidence sequence at half of alpha. Null while it is open at an end. */
function ratioInterval(
  baseline: SparseBuckets,
  candidate: SparseBuckets,
  quantile: number,
  alpha: number,
): [number, number] | null {
  const b = quantileInterval(baseline, quantile, alpha / 2);
  const c = quantileInterval(candidate, quantile, alpha / 2);
  return b && c && b[0] > 0 ? [c[0] / b[1] - 1, c[1] / b[0] - 1] : null;
}

/** In microseconds, out to the edges of the buckets that hold the two ranks. */
function quantileInterval(buckets: SparseBuckets, quantile: number, alpha: number): [number, number] | null {
  const { lowerRank, upperRank } = quantileRanks(quantile, total(buckets), INTERVAL_TUNED_FOR, alpha);
  const upper = bucketOfRank(buckets, upperRank);
  if (upper === undefined) return null;
  const lower = lowerRank < 1 ? undefined : bucketOfRank(buckets, lowerRank);
  return [lower === undefined ? 0 : lowerEdge(lower), lowerEdge(upper + 1)];
}

function words({ watch, quantile, tolerance, shown }: Latency): Words {
  const claim = `at ${nameOfQuantile(quantile)} less than ${percent(tolerance)} % slower`;
  if (!watch) {
    const waits = `waits for the baseline's latencies to compare with (${count(total(shown.baseline))} requests so far)`;
    return { regressed: waits, safe: waits, claim };
  }
  const { edge, candidateEdge: raised, label } = leadingEdge(watch);
  const { candidateEdge, baselineEdge } = watch.safe;
  // One of the two is read; there may be thousands of reports a second.
  return {
    get regressed() {
      return `${slow('candidate', watch.candidate, raised)}, ${slow('baseline', watch.baseline, edge)} (its ${label})`;
    },
    get safe() {
      return `${slow('candidate', watch.candidate, candidateEdge)}, ${slow('baseline', watch.baseline, baselineEdge)}`;
    },
    claim,
  };
}

function slow(arm: string, buckets: SparseBuckets, edge: number): string {
  return `${arm} ${count(countFrom(buckets, edge))} of ${count(total(buckets))} requests at or above ${milliseconds(lowerEdge(edge))}`;
}

/** The edge with the strongest evidence. */
function leadingEdge(watch: Watch): WatchedEdge {
  return watch.edges.reduce((best, edge) =>
    comparisonLogE(edge.process) > comparisonLogE(best.process) ? edge : best,
  );
}

function missing(state: Latency, threshold: number): { regressed: number | null; safe: number | null } {
  const { watch, lastPpm, levels } = state;
  if (!watch || lastPpm === 0) return { regressed: null, safe: null };
  const { edge, candidateEdge, process } = leadingEdge(watch);
  const worse = growth(process, seen(watch.baseline, edge), seen(watch.candidate, candidateEdge), lastPpm);
  const { safe } = watch;
  const safer = growth(
    safe.process,
    seen(watch.candidate, safe.candidateEdge),
    seen(watch.baseline, safe.baselineEdge),
    PPM - lastPpm,
  );
  return {
    regressed: missingRequests(levels.regressed.now, threshold, worse, lastPpm),
    safe: missingRequests(levels.safe.now, threshold, safer, lastPpm),
  };
}

function seen(buckets: SparseBuckets, edge: number): Seen {
  return { requests: total(buckets), events: countFrom(buckets, edge) };
}

function growth(process: Comparison, reference: Seen, suspect: Seen, suspectPpm: number): number {
  const rates = [seenRate(reference), seenRate(suspect), suspectPpm] as const;
  return process.kind === 'attribution' ? attributionGrowth(...rates) : twoArmGrowth(...rates);
}
