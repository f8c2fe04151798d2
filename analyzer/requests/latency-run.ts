/** One latency metric over a recording: histograms as dense arrays, because each request adds to them. */
import { BUCKET_COUNT, bucketOf, toSparse } from '../../contracts/histogram.ts';
import { MIN_CALIBRATION, windowOf } from '../sequential/latency-edges.ts';
import { lookAtEdge, makeWatch } from '../sequential/latency.ts';
import type { Latency, Watch } from '../sequential/latency.ts';
import { addOneLatency, settle } from './single-request.ts';
import type { Slack } from './single-request.ts';

type Arms = { readonly baseline: Float64Array; readonly candidate: Float64Array };

export type LatencyRun = {
  readonly state: Latency;
  /** ln of the e-value that decides. */
  readonly threshold: number;
  readonly slack: Slack;
  /** Baseline requests until the edges are fixed. */
  readonly learning: Float64Array;
  learned: number;
  readonly shown: Arms;
  readonly compared: Arms;
  /** The baseline since its edge was looked at last. */
  readonly window: Float64Array;
  windowed: number;
};

export function startLatencyRun(state: Latency, threshold: number): LatencyRun {
  const arms = (): Arms => ({ baseline: new Float64Array(BUCKET_COUNT), candidate: new Float64Array(BUCKET_COUNT) });
  return {
    state,
    threshold,
    slack: { regressed: threshold, safe: threshold },
    learning: new Float64Array(BUCKET_COUNT),
    learned: 0,
    shown: arms(),
    compared: arms(),
    window: new Float64Array(BUCKET_COUNT),
    windowed: 0,
  };
}

/**
 * Takes one request in. The edges are fixed by the baseline requests before the first comparison, or, where those are
 * too few, by the first ones during it; only later requests are judged by them.
 */
export function addLatency(
  run: LatencyRun,
  ppm: number,
  isCandidate: boolean,
  latencyUs: number,
  isCompared: boolean,
): void {
  const { state } = run;
  const bucket = bucketOf(latencyUs);
  increment(run.shown, isCandidate, bucket);
  if (!state.watch && isCompared && run.learned >= MIN_CALIBRATION) {
    state.watch = makeWatch(toSparse(run.learning), state.quantile, state.tolerance);
  }
  if (!state.watch) {
    if (isCandidate) return;
    run.learning[bucket] = (run.learning[bucket] ?? 0) + 1;
    run.learned++;
    return;
  }
  if (!isCompared) return;
  increment(run.compared, isCandidate, bucket);
  addOneLatency(state, state.watch, ppm, isCandidate, bucket, run.slack, run.threshold);
  if (!isCandidate) addToWindow(run, state.watch, bucket);
}

function addToWindow(run: LatencyRun, watch: Watch, bucket: number): void {
  run.window[bucket] = (run.window[bucket] ?? 0) + 1;
  if (++run.windowed < windowOf(run.state.quantile)) return;
  lookAtEdge(run.state, watch, toSparse(run.window));
  run.window.fill(0);
  run.windowed = 0;
  // How far the next request can move a new process is not known yet.
  run.slack.safe = 0;
}

/** Brings `state` up to date, for its evidence. */
export function settleLatencyRun(run: LatencyRun): void {
  const { state, shown, compared } = run;
  settle(state);
  state.shown.baseline = toSparse(shown.baseline);
  state.shown.candidate = toSparse(shown.candidate);
  if (!state.watch) return;
  state.watch.baseline = toSparse(compared.baseline);
  state.watch.candidate = toSparse(compared.candidate);
}

function increment(arms: Arms, isCandidate: boolean, bucket: number): void {
  const counts = isCandidate ? arms.candidate : arms.baseline;
  counts[bucket] = (counts[bucket] ?? 0) + 1;
}
