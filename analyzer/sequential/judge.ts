/**
 * The sequential judge: counts in, verdict and evidence out, valid however often one looks.
 * Two e-processes per metric: "regressed" (null: the candidate is no worse) and "safe" (null: worse by more than
 * the margin). Either may stop at any moment with error probability at most alpha (Ville's inequality).
 */
import type { Metric } from '../../contracts/canary.ts';
import type { Judgement, MetricEvidence, Verdict } from '../../contracts/verdict.ts';
import { clustersOf } from '../clusters/cluster-evidence.ts';
import type { ClusterEvidence } from '../clusters/cluster-evidence.ts';
import { addOrigins, NO_CLUSTERS } from '../clusters/origins.ts';
import type { Clusters } from '../clusters/origins.ts';
import type { Batch, Calibration } from './counts.ts';
import { reached } from './evidence-level.ts';
import { latencyEvidence } from './latency-evidence.ts';
import { addLatencies, copyLatency, settlingUs, startLatency } from './latency.ts';
import type { Latency } from './latency.ts';
import { successRateEvidence } from './success-rate-evidence.ts';
import { addErrors, copySuccessRate, startSuccessRate } from './success-rate.ts';
import type { SuccessRate } from './success-rate.ts';

export type { ArmCounts, Batch, Calibration } from './counts.ts';

export type JudgeConfig = {
  /** The chance of failing a healthy candidate, over the whole experiment and all metrics. */
  readonly alpha: number;
  readonly metrics: readonly Metric[];
};

export type MetricState = SuccessRate | Latency;

/** Plain data: survives JSON. Only this folder looks inside. */
export type JudgeState = {
  readonly config: JudgeConfig;
  readonly metrics: readonly MetricState[];
  /** Where the candidate's errors came from, as far as reports tell. */
  readonly clusters?: Clusters;
};

/** @param calibration - the baseline as measured before the first step; empty when it was not measured */
export function startJudge(config: JudgeConfig, calibration: Calibration): JudgeState {
  const metrics = config.metrics.map((metric) =>
    metric.name === 'success-rate'
      ? startSuccessRate(metric.margin)
      : startLatency(metric.quantile, metric.tolerance, calibration.latency),
  );
  return { config, metrics };
}

/** Takes one report in. `state` itself stays as it was. */
export function observe(state: JudgeState, batch: Batch): JudgeState {
  const before = state.clusters ?? NO_CLUSTERS;
  const clusters = batch.origins ? addOrigins(before, batch.origins) : before;
  const leftOut = Math.min(batch.candidate.errors, leftOutOf(clusters) - leftOutOf(before));
  const metrics = state.metrics.map((metric) => {
    if (metric.name === 'success-rate') {
      const next = copySuccessRate(metric);
      addErrors(next, batch, leftOut);
      return next;
    }
    const next = copyLatency(metric);
    addLatencies(next, batch);
    return next;
  });
  return { config: state.config, metrics, clusters };
}

/**
 * How long after a change of the shares latency cannot be judged: requests are counted when they end, so that at first the
 * quick ones of the quicker arm are the only ones. @returns milliseconds; 0 where no latency is judged
 */
export function settlingMs({ metrics }: JudgeState): number {
  return Math.max(0, ...metrics.map((metric) => (metric.name === 'latency' ? settlingUs(metric) / 1_000 : 0)));
}

/** An error that both leave out counts twice here: that only makes the judge more careful. */
function leftOutOf({ clients, endpoints }: Clusters): number {
  return clients.leftOut + endpoints.leftOut;
}

/**
 * The verdict so far. FAIL, and each metric's PASS, are latched: a later look never takes them back, but for PASS to FAIL.
 * @param seen - what is known of clusters, where it is not in the state
 */
export function judge(
  { config, metrics, clusters = NO_CLUSTERS }: JudgeState,
  seen: ClusterEvidence = clustersOf(clusters),
): Judgement {
  const alpha = config.alpha / metrics.length;
  const evidence = metrics.map((metric) =>
    metric.name === 'success-rate' ? successRateEvidence(metric, alpha, seen) : latencyEvidence(metric, alpha),
  );
  return { ...conclude(evidence), metrics: evidence };
}

/** The verdict of `judge` without its evidence, which takes far longer to work out. */
export function verdictOf({ config, metrics }: JudgeState): Verdict {
  const threshold = metrics.length / config.alpha;
  if (metrics.some(({ levels }) => reached(levels.regressed, threshold))) return 'FAIL';
  return metrics.every(({ levels }) => reached(levels.safe, threshold)) ? 'PASS' : 'PENDING';
}

/** All metrics together: one that fails, fails; one that is open leaves all open. */
export function conclude(metrics: readonly MetricEvidence[]): Pick<Judgement, 'verdict' | 'reason'> {
  const say = (chosen: readonly MetricEvidence[]): string => chosen.map((m) => `${m.name}: ${m.rule}`).join('; ');
  const failed = metrics.filter((m) => m.verdict === 'FAIL');
  if (failed.length > 0) return { verdict: 'FAIL', reason: say(failed) };
  const open = metrics.filter((m) => m.verdict === 'PENDING');
  if (open.length > 0) return { verdict: 'PENDING', reason: say(open) };
  return { verdict: 'PASS', reason: say(metrics) };
}
