/** The judge for those who come from Kayenta: series of two arms in, a score and its class out (NetflixACAJudge). */
import type { Verdict } from '../../contracts/verdict.ts';
import type { Random } from '../simulation/random.ts';
import { classifyMannWhitney, defaultParams } from './classify.ts';
import type { ClassifierParams, MetricResult } from './classify.ts';
import { classifyScore, scoreMetrics } from './score.ts';
import type { ScoreClass } from './score.ts';
import { iqrDetector, removeOutliers, withoutNaN } from './transforms.ts';

export type KayentaMetric = {
  readonly name: string;
  readonly groups: readonly string[];
  readonly control: readonly number[];
  readonly experiment: readonly number[];
  /** Over the defaults of Kayenta's judge. */
  readonly params?: Partial<ClassifierParams>;
  readonly muted?: boolean;
  /** Interquartile ranges beyond which points are dropped; absent: all are kept. */
  readonly outlierFactor?: number;
};

export type KayentaJudgement = {
  readonly verdict: Verdict;
  readonly score: number;
  readonly classification: ScoreClass;
  readonly reason: string;
  readonly metrics: readonly (MetricResult & { readonly name: string })[];
};

/**
 * Compares the metrics and scores them. Marginal is INCONCLUSIVE: Kayenta lets it go on but never promotes on it.
 * @param random - see classifyMannWhitney
 */
export function judgeKayenta(
  metrics: readonly KayentaMetric[],
  weights: Readonly<Record<string, number>>,
  thresholds: { readonly pass: number; readonly marginal: number },
  random: Random,
): KayentaJudgement {
  const results = metrics.map((metric) => ({ metric, result: judgeMetric(metric, random) }));
  const { score, reason } = scoreMetrics(
    results.map(({ metric, result }) => ({
      name: metric.name,
      groups: metric.groups,
      muted: metric.muted ?? false,
      classification: result.classification,
      critical: result.critical,
    })),
    weights,
  );
  const classification = classifyScore(score, thresholds);
  const verdict = { Pass: 'PASS', Marginal: 'INCONCLUSIVE', Fail: 'FAIL' } as const;
  return {
    verdict: verdict[classification],
    score,
    classification,
    reason: `score ${score}: ${reason}`,
    metrics: results.map(({ metric, result }) => ({ name: metric.name, ...result })),
  };
}

/** One metric alone, without a score. */
export function judgeMetric(metric: KayentaMetric, random: Random): MetricResult {
  const params = { ...defaultParams(metric.params?.effectSize), ...metric.params };
  const prepare = (data: readonly number[]): number[] => {
    const present = withoutNaN(data, params.nanStrategy);
    return metric.outlierFactor === undefined || present.length === 0
      ? present
      : removeOutliers(present, iqrDetector(metric.outlierFactor, true));
  };
  return classifyMannWhitney(prepare(metric.control), prepare(metric.experiment), params, random);
}
