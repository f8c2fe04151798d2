/** Kayenta's score: each group's share of passing metrics, weighted (WeightedSumScorer, ThresholdScoreClassifier). */
import type { Classification } from './classify.ts';

export type ScoredMetric = {
  readonly name: string;
  readonly classification: Classification;
  readonly critical: boolean;
  readonly groups: readonly string[];
  /** Left out of the score. */
  readonly muted?: boolean;
};

export type Score = {
  /** 0…100, two decimals. */
  readonly score: number;
  readonly reason: string;
};

export type ScoreClass = 'Pass' | 'Marginal' | 'Fail';

/** At least this share of metrics without data (percent) makes the score 0. */
const NODATA_LIMIT = 50;

/** @param weights - per group, in percent; groups without one share what is left */
export function scoreMetrics(metrics: readonly ScoredMetric[], weights: Readonly<Record<string, number>>): Score {
  const counted = metrics.filter((m) => !m.muted);
  const critical = counted.find((m) => m.critical && m.classification !== 'Pass');
  if (critical) return { score: 0, reason: `the critical metric ${critical.name} is ${critical.classification}` };
  const missing = counted.filter((m) => m.classification === 'Nodata').length;
  if (counted.length > 0 && (missing / counted.length) * 100 >= NODATA_LIMIT) {
    return { score: 0, reason: `${missing} of ${counted.length} metrics have no data` };
  }
  const groups = [...new Set(counted.flatMap((m) => m.groups))];
  const given = groups.reduce((sum, group) => sum + (weights[group] ?? 0), 0);
  const rest = groups.filter((group) => weights[group] === undefined).length;
  const sum = groups.reduce((total, group) => {
    const weight = weights[group] ?? (100 - given) / rest;
    return total + (groupScore(counted, group) * weight) / 100;
  }, 0);
  return { score: Math.round(sum * 100) / 100, reason: `${groups.length} groups` };
}

/** The last judgement must reach `pass`, each before it `marginal`. */
export function classifyScore(
  score: number,
  thresholds: { readonly pass: number; readonly marginal: number },
): ScoreClass {
  return score >= thresholds.pass ? 'Pass' : score >= thresholds.marginal ? 'Marginal' : 'Fail';
}

/** Metrics that erred or had no data do not count; a group in which none counts is full. */
function groupScore(metrics: readonly ScoredMetric[], group: string): number {
  const COUNTED: readonly Classification[] = ['Pass', 'High', 'Low', 'NodataFailMetric'];
  const labels = metrics
    .filter((m) => m.groups.includes(group) && COUNTED.includes(m.classification))
    .map((m) => m.classification);
  return labels.length === 0 ? 100 : (labels.filter((c) => c === 'Pass').length / labels.length) * 100;
}
