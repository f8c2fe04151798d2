/** The evidence of the success-rate metric, as people and pipelines read it. */
import type { MetricEvidence } from '../../contracts/verdict.ts';
import { clusterWords } from '../clusters/cluster-evidence.ts';
import type { ClusterEvidence } from '../clusters/cluster-evidence.ts';
import { shareInterval } from './beta-binomial.ts';
import { decide } from './decision.ts';
import { attributionGrowth, marginGrowth, missingRequests, seenRate } from './growth.ts';
import type { SuccessRate } from './success-rate.ts';
import type { Seen } from './two-arm.ts';
import { count, percent, plural } from './wording.ts';

/** The number of requests at which the interval is tightest. */
const INTERVAL_TUNED_FOR = 2000;

/** @param alpha - of this metric alone */
export function successRateEvidence(state: SuccessRate, alpha: number, clusters: ClusterEvidence = {}): MetricEvidence {
  const { baseline, candidate } = state.shown;
  const compared = state.safe;
  const figures = `candidate ${plural(compared.candidate.events, 'error')} in ${plural(compared.candidate.requests, 'request')} against ${count(compared.baseline.events)} in ${count(compared.baseline.requests)}${clusterWords(clusters)}`;
  const decision = decide(
    state.levels,
    1 / alpha,
    { regressed: figures, safe: figures, claim: `less than ${percent(compared.margin)} points worse` },
    missing(state, 1 / alpha, clusters),
  );
  return {
    name: 'success-rate',
    unit: 'share',
    baseline: { requests: baseline.requests, value: rate(baseline) },
    candidate: { requests: candidate.requests, value: rate(candidate) },
    ...difference(baseline, candidate, alpha),
    limit: compared.margin,
    ...decision,
    ...clusters,
  };
}

function rate({ requests, events }: Seen): number | null {
  return requests === 0 ? null : events / requests;
}

/** candidate - baseline; each arm's confidence sequence at half of alpha, so that the difference holds at alpha. */
function difference(baseline: Seen, candidate: Seen, alpha: number): Pick<MetricEvidence, 'effect' | 'interval'> {
  const from = rate(baseline);
  const to = rate(candidate);
  if (from === null || to === null) return { effect: null, interval: null };
  const [lowB, highB] = shareInterval(baseline.events, baseline.requests, alpha / 2, INTERVAL_TUNED_FOR);
  const [lowC, highC] = shareInterval(candidate.events, candidate.requests, alpha / 2, INTERVAL_TUNED_FOR);
  return { effect: to - from, interval: [lowC - highB, highC - lowB] };
}

function missing(
  state: SuccessRate,
  threshold: number,
  { clustered = { client: 0, endpoint: 0 } }: ClusterEvidence,
): { regressed: number | null; safe: number | null } {
  const { lastPpm, levels, safe } = state;
  if (lastPpm === 0) return { regressed: null, safe: null };
  const b = seenRate(safe.baseline);
  const c = seenRate(safe.candidate);
  // What was left out so far will be left out.
  const counted = Math.max(0, safe.candidate.events - clustered.client - clustered.endpoint);
  const worse = attributionGrowth(b, seenRate({ ...safe.candidate, events: counted }), lastPpm);
  const regressed = missingRequests(levels.regressed.now, threshold, worse, lastPpm);
  const growth = marginGrowth(b, c, safe.margin, lastPpm);
  return { regressed, safe: missingRequests(levels.safe.now, threshold, growth, lastPpm) };
}
