/**
 * The live judge's state, fed one request at a time without building anything. Each request moves every e-process; but
 * an e-value is worked out only when it could have reached its threshold since the last time: each process knows how
 * far one request can move it. So the moment of the verdict is exact, and most requests cost additions only.
 */
import { addEvents, attributionLogE, attributionMaxStep } from '../sequential/attribution.ts';
import type { Comparison } from '../sequential/comparison.ts';
import { raise } from '../sequential/evidence-level.ts';
import type { Latency, Watch } from '../sequential/latency.ts';
import { regressedLogE, safeLogE } from '../sequential/latency.ts';
import { addToMargin } from '../sequential/margin.ts';
import type { SuccessRate } from '../sequential/success-rate.ts';
import { addCounts } from '../sequential/two-arm.ts';
import type { Seen } from '../sequential/two-arm.ts';

const PPM = 1_000_000;
const NONE: Readonly<Seen> = { requests: 0, events: 0 };
const ONE: Readonly<Seen> = { requests: 1, events: 0 };
const ONE_EVENT: Readonly<Seen> = { requests: 1, events: 1 };

/** Takes one request in. @param countsAsRegression - false for an error that is one of a cluster: see fair-share.ts */
export function addOneOutcome(
  state: SuccessRate,
  ppm: number,
  isCandidate: boolean,
  isError: boolean,
  countsAsRegression: boolean,
): void {
  const seen = isError ? ONE_EVENT : ONE;
  const shown = isCandidate ? state.shown.candidate : state.shown.baseline;
  shown.requests++;
  if (isError) shown.events++;
  if (ppm <= 0 || ppm >= PPM) return;
  state.lastPpm = ppm;
  if (isError && countsAsRegression) {
    addEvents(state.regressed, ppm, isCandidate ? 0 : 1, isCandidate ? 1 : 0);
    raise(state.levels.regressed, attributionLogE(state.regressed));
  }
  addToMargin(state.safe, ppm, isCandidate ? NONE : seen, isCandidate ? seen : NONE);
  raise(state.levels.safe, state.safe.logE);
}

/** What is left of the way to each threshold, at least: while it is above 0 the threshold cannot have been reached. */
export type Slack = { regressed: number; safe: number };

/** Takes one latency in, of a request that is compared. @param threshold - ln of it */
export function addOneLatency(
  state: Latency,
  watch: Watch,
  ppm: number,
  isCandidate: boolean,
  bucket: number,
  slack: Slack,
  threshold: number,
): void {
  state.lastPpm = ppm;
  let move = 0;
  for (const { edge, candidateEdge, process } of watch.edges) {
    const isSlow = bucket >= (isCandidate ? candidateEdge : edge);
    if (process.kind === 'attribution' && !isSlow) continue;
    const seen = isSlow ? ONE_EVENT : ONE;
    move = Math.max(move, compareOne(process, ppm, isCandidate ? NONE : seen, isCandidate ? seen : NONE));
  }
  slack.regressed -= move;
  if (slack.regressed <= 0) {
    raise(state.levels.regressed, regressedLogE(watch));
    slack.regressed = threshold - state.levels.regressed.now;
  }
  addToSafe(state, watch, ppm, isCandidate, bucket, slack, threshold);
}

function addToSafe(
  state: Latency,
  watch: Watch,
  ppm: number,
  isCandidate: boolean,
  bucket: number,
  slack: Slack,
  threshold: number,
): void {
  const { safe } = watch;
  const isSlow = bucket >= (isCandidate ? safe.candidateEdge : safe.baselineEdge);
  if (safe.process.kind === 'attribution' && !isSlow) return;
  const seen = isSlow ? ONE_EVENT : ONE;
  slack.safe -= compareOne(safe.process, PPM - ppm, isCandidate ? seen : NONE, isCandidate ? NONE : seen);
  if (slack.safe > 0) return;
  raise(state.levels.safe, safeLogE(watch));
  slack.safe = threshold - state.levels.safe.now;
}

/** Takes one request in. @returns the most that it can have added to the process's ln e */
function compareOne(process: Comparison, suspectPpm: number, reference: Seen, suspect: Seen): number {
  if (process.kind === 'attribution') {
    addEvents(process, suspectPpm, reference.events, suspect.events);
    return suspect.events === 1 ? attributionMaxStep(suspectPpm) : 0;
  }
  const { bet } = process;
  addCounts(process, suspectPpm, reference, suspect);
  if (bet?.ppm !== suspectPpm) return Infinity;
  return suspect.requests === 1 ? bet.suspectMost : bet.referenceMost;
}

/** Works the e-values of the last requests out, for display. */
export function settle(state: Latency): void {
  if (!state.watch || state.lastPpm === 0) return;
  raise(state.levels.regressed, regressedLogE(state.watch));
  raise(state.levels.safe, safeLogE(state.watch));
}
