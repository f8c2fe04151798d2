/** The state of a judge over a recording, and what one request does to it. */
import type { Judgement, Verdict } from '../../contracts/verdict.ts';
import { clustersOfRun } from '../clusters/cluster-evidence.ts';
import { CLIENT_FACTOR, ENDPOINT_FACTOR, isWithinFairShare, startFairShare } from '../clusters/fair-share.ts';
import type { FairShare } from '../clusters/fair-share.ts';
import { judge, startJudge } from '../sequential/judge.ts';
import type { JudgeConfig, JudgeState } from '../sequential/judge.ts';
import type { SuccessRate } from '../sequential/success-rate.ts';
import { addLatency, settleLatencyRun, startLatencyRun } from './latency-run.ts';
import type { LatencyRun } from './latency-run.ts';
import { newLine } from './recorded-request.ts';
import type { Line } from './recorded-request.ts';
import { addOneOutcome } from './single-request.ts';

const PPM = 1_000_000;

export type DecidedAt = {
  /** The `t` of the request that decided, as it was recorded. */
  readonly t: unknown;
  /** Requests of both arms up to and including it, retries not counted. */
  readonly requests: number;
  readonly candidateRequests: number;
};

export type RequestVerdict = {
  readonly verdict: Verdict;
  readonly decidedAt: DecidedAt | null;
  readonly judgement: Judgement;
  readonly lines: number;
  /** First attempts: what was judged. */
  readonly requests: number;
  /** Attempts beyond the first, which are not judged. */
  readonly retries: number;
  /** Lines that are not recorded requests. */
  readonly unreadable: number;
  /** Errors of the candidate that were not taken as new evidence: one client or endpoint had too many of them. */
  readonly clustered: { readonly client: number; readonly endpoint: number };
  /** Requests without a share: it was estimated from the requests before them. */
  readonly shareEstimated: number;
};

export type Run = {
  readonly state: JudgeState;
  readonly outcomes: readonly SuccessRate[];
  readonly latencies: readonly LatencyRun[];
  /** ln of the e-value that decides. */
  readonly threshold: number;
  readonly line: Line;
  readonly clients: FairShare;
  readonly endpoints: FairShare;
  lines: number;
  retries: number;
  unreadable: number;
  shareEstimated: number;
  requests: number;
  candidateRequests: number;
  verdict: Verdict;
  decidedAt: DecidedAt | null;
};

export function startRun(config: JudgeConfig): Run {
  const state = startJudge(config, { latency: [] });
  const threshold = Math.log(config.metrics.length / config.alpha);
  return {
    state,
    outcomes: state.metrics.filter((m) => m.name === 'success-rate'),
    latencies: state.metrics.filter((m) => m.name === 'latency').map((m) => startLatencyRun(m, threshold)),
    threshold,
    line: newLine(),
    clients: startFairShare(CLIENT_FACTOR),
    endpoints: startFairShare(ENDPOINT_FACTOR),
    lines: 0,
    retries: 0,
    unreadable: 0,
    shareEstimated: 0,
    requests: 0,
    candidateRequests: 0,
    verdict: 'PENDING',
    decidedAt: null,
  };
}

/** Judges the request in `run.line`. @param t - asked for its time only when it decides */
export function countRequest(run: Run, t: () => unknown): void {
  const { line } = run;
  if (line.attempt > 1) {
    run.retries++;
    return;
  }
  const ppm = shareOf(run, line);
  run.requests++;
  if (line.isCandidate) run.candidateRequests++;
  const isNews = isNewEvidence(run, line);
  for (const state of run.outcomes) addOneOutcome(state, ppm, line.isCandidate, line.isError, isNews);
  if (line.latencyUs >= 0) {
    const isCompared = ppm > 0 && ppm < PPM;
    for (const latency of run.latencies) addLatency(latency, ppm, line.isCandidate, line.latencyUs, isCompared);
  }
  decide(run, t);
}

/** The verdict as it stands. */
export function concludeRun(run: Run): RequestVerdict {
  for (const latency of run.latencies) settleLatencyRun(latency);
  return {
    verdict: run.verdict,
    decidedAt: run.decidedAt,
    judgement: judge(run.state, clustersOfRun(run.clients, run.endpoints)),
    lines: run.lines,
    requests: run.requests,
    retries: run.retries,
    unreadable: run.unreadable,
    clustered: { client: run.clients.leftOut, endpoint: run.endpoints.leftOut },
    shareEstimated: run.shareEstimated,
  };
}

function shareOf(run: Run, line: Line): number {
  if (line.sharePpm >= 0) return line.sharePpm;
  run.shareEstimated++;
  return Math.round(((run.candidateRequests + 1) / (run.requests + 2)) * PPM);
}

/** Both are asked, so that both know all requests. */
function isNewEvidence(run: Run, { isCandidate, isError, client, endpoint }: Line): boolean {
  if (!isCandidate) return true;
  const byClient = isWithinFairShare(run.clients, client, isError);
  const byEndpoint = isWithinFairShare(run.endpoints, endpoint, isError);
  return byClient && byEndpoint;
}

/** FAIL ends it. PASS stands unless the candidate turns bad later, as it would while the live run goes on. */
function decide(run: Run, t: () => unknown): void {
  const next = verdictOf(run);
  if (next === run.verdict) return;
  run.verdict = next;
  run.decidedAt = { t: t(), requests: run.requests, candidateRequests: run.candidateRequests };
}

function verdictOf({ outcomes, latencies, threshold }: Run): Verdict {
  let isSafe = true;
  for (const { levels } of outcomes) {
    if (levels.regressed.peak >= threshold) return 'FAIL';
    if (levels.safe.peak < threshold) isSafe = false;
  }
  for (const { state } of latencies) {
    if (state.levels.regressed.peak >= threshold) return 'FAIL';
    if (state.levels.safe.peak < threshold) isSafe = false;
  }
  return isSafe ? 'PASS' : 'PENDING';
}
