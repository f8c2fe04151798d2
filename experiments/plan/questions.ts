/** What a person wants to know of an analysis beforehand: would it find this, and would it let a good release pass? */
import { errorsToFail, errorsToPass } from '../../analyzer/power/errors.ts';
import { latencyToFail, latencyToPass } from '../../analyzer/power/latency.ts';
import type { Analysis, Metric } from '../../contracts/canary.ts';

/** What is known, or assumed, of the traffic. */
export type Traffic = {
  /** Requests to the service in a minute; null when it is not known. */
  readonly perMinute: number | null;
  /** 0…1. */
  readonly baselineErrors: number;
  /** Of the logarithm of the latencies. */
  readonly latencySigma: number;
};

export type Question = {
  readonly metric: string;
  /** `+1 pp errors`, `+25 % latency`, `no difference`. */
  readonly question: string;
  readonly verdict: 'PASS' | 'FAIL';
  readonly needed: (candidatePpm: number) => number | null;
};

/** Differences of error rates, and factors of latency. */
const MORE_ERRORS = [0.05, 0.01];
const SLOWER = [1.1, 1.25];

export function questionsOf({ alpha, metrics }: Pick<Analysis, 'alpha' | 'metrics'>, traffic: Traffic): Question[] {
  return metrics.flatMap((metric) => questionsOfMetric(metric, alpha / metrics.length, traffic));
}

function questionsOfMetric(
  metric: Metric,
  alpha: number,
  { baselineErrors, latencySigma: sigma }: Traffic,
): Question[] {
  const name = metricName(metric);
  if (metric.name === 'success-rate') {
    const passes = (candidatePpm: number) => errorsToPass({ alpha, candidatePpm }, baselineErrors, metric.margin);
    return [
      ...MORE_ERRORS.map((more): Question => ({
        metric: name,
        question: `+${more * 100} pp errors`,
        verdict: 'FAIL',
        needed: (candidatePpm) =>
          errorsToFail({ alpha, candidatePpm }, baselineErrors, Math.min(1, baselineErrors + more)),
      })),
      { metric: name, question: 'no difference', verdict: 'PASS', needed: passes },
    ];
  }
  const { quantile, tolerance } = metric;
  const setting = (candidatePpm: number) => ({ alpha, candidatePpm, quantile, tolerance, sigma });
  return [
    ...SLOWER.filter((factor) => factor > 1 + tolerance / 2).map((factor): Question => ({
      metric: name,
      question: `+${Math.round((factor - 1) * 100)} % latency`,
      verdict: 'FAIL',
      needed: (candidatePpm) => latencyToFail(setting(candidatePpm), factor),
    })),
    { metric: name, question: 'no difference', verdict: 'PASS', needed: (ppm) => latencyToPass(setting(ppm)) },
  ];
}

export function metricName(metric: Metric): string {
  return metric.name === 'latency' ? `latency p${Number((metric.quantile * 100).toFixed(4))}` : metric.name;
}
