/** Runs kayenta.json: the cases of Kayenta's own test suites, and what its users reported. */
import { classifyMannWhitney, classifyMeanInequality, defaultParams } from '../../analyzer/kayenta/classify.ts';
import type { ClassifierParams } from '../../analyzer/kayenta/classify.ts';
import { mannWhitney, shiftRange, wilcoxonDifference } from '../../analyzer/kayenta/mann-whitney.ts';
import { scoreMetrics } from '../../analyzer/kayenta/score.ts';
import type { ScoredMetric } from '../../analyzer/kayenta/score.ts';
import { cles, cohenD, meanRatio, percentile, summarise } from '../../analyzer/kayenta/statistics.ts';
import { iqrDetector, kSigmaDetector, removeOutliers, withoutNaN } from '../../analyzer/kayenta/transforms.ts';
import type { Detector } from '../../analyzer/kayenta/transforms.ts';
import { normalQuantile } from '../../analyzer/math/normal.ts';
import { seeded } from '../../analyzer/simulation/random.ts';
import { differences, number, numbers, readCaseFile, record } from './case-file.ts';
import type { Input } from './case-file.ts';
import type { ConformanceResult } from './result.ts';

type Case = Input & { readonly id: string; readonly function: string; readonly expected: unknown };

const FUNCTIONS: readonly (readonly [RegExp, (c: Input) => unknown])[] = [
  [
    /^MeanInequalityClassifier/,
    (c) => classified(classifyMeanInequality(data(c, 'control'), data(c, 'experiment'), params(c))),
  ],
  [/^(MannWhitneyClassifier|NetflixACAJudge)/, (c) => classified(mannWhitneyLabel(c))],
  [/^WeightedSumScorer/, score],
  [/^percentile/i, (c) => percentile(data(c, 'data'), number(c, 'p'))],
  [/summary/, (c) => summarise(data(c, 'data'))],
  [/^mannWhitneyUTest/, interval],
  [/^intermediate values of mannWhitneyUTest/, intermediates],
  [/^wilcoxonDiff/, wilcoxon],
  [/meanRatio/, (c) => meanRatio(data(c, 'control'), data(c, 'experiment'))],
  [/cles/i, (c) => cles(data(c, 'control'), data(c, 'experiment'))],
  [/cohenD/i, (c) => cohenD(data(c, 'control'), data(c, 'experiment'))],
  [/^removeNaNs/, (c) => withoutNaN(data(c, 'data'), 'remove')],
  [/^replaceNaNs/, (c) => withoutNaN(data(c, 'data'), 'replace')],
  [/^removeOutliers/, (c) => removeOutliers(data(c, 'data'), detector(record(c, 'detector')))],
  [/Detector\.detect/, (c) => detector(record(c, 'params'), c['function'])(data(c, 'data'))],
];

export async function run(casesDir: string): Promise<ConformanceResult> {
  const file = 'kayenta.json';
  const { cases } = (await readCaseFile(casesDir, file)) as { readonly cases: readonly Case[] };
  const failures = cases.flatMap((c) => {
    const found = FUNCTIONS.find(([pattern]) => pattern.test(c.function));
    if (!found) return [`${c.id}: unknown function "${c.function}"`];
    try {
      const problems = differences(found[1](c), ofKayenta(c.expected), toleranceOf(c));
      return problems.length === 0 ? [] : [`${c.id}: ${problems.join('; ')}`];
    } catch (error) {
      return [`${c.id}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
  return { file, passed: cases.length - failures.length, total: cases.length, failures };
}

function toleranceOf(c: Case): (key: string) => number {
  const general = number(c, 'absTol', 1e-9);
  return (key) => (key === 'estimate' ? number(c, 'absTolEstimate', general) : general);
}

/** `userWanted` is what people asked for where they found Kayenta wrong; the compatible judge answers as Kayenta does. */
function ofKayenta(expected: unknown): unknown {
  if (typeof expected !== 'object' || expected === null || !('userWanted' in expected)) return expected;
  return Object.fromEntries(Object.entries(expected).filter(([key]) => key !== 'userWanted'));
}

/** NaN is written as a text. */
function data(c: Input, key: string): number[] {
  return numbers(c, key);
}

function params(c: Input): ClassifierParams {
  const p = record(c, 'params');
  const effectSize = p['effectSizeMeasure'] === 'cles' ? 'cles' : 'meanRatio';
  const base = defaultParams(effectSize);
  return {
    tolerance: number(p, 'tolerance', base.tolerance),
    confidence: number(p, 'confLevel', base.confidence),
    effectSize,
    allowedIncrease: number(p, 'allowedIncrease', base.allowedIncrease),
    allowedDecrease: number(p, 'allowedDecrease', base.allowedDecrease),
    criticalIncrease: number(p, 'criticalIncrease', base.criticalIncrease),
    criticalDecrease: number(p, 'criticalDecrease', base.criticalDecrease),
    direction: p['direction'] === 'increase' || p['direction'] === 'decrease' ? p['direction'] : 'either',
    nanStrategy: p['nanStrategy'] === 'replace' ? 'replace' : 'remove',
    isCritical: p['isCriticalMetric'] === true,
    isDataRequired: p['isDataRequired'] === true,
  };
}

function mannWhitneyLabel(c: Input): ReturnType<typeof classifyMannWhitney> {
  return classifyMannWhitney(data(c, 'control'), data(c, 'experiment'), params(c), seeded(1));
}

function classified(result: ReturnType<typeof classifyMannWhitney>): unknown {
  const { classification, critical, deviation, reason } = result;
  return { classification, kayentaVerdict: classification, critical, deviation, reasonNotEmpty: reason !== '' };
}

function score(c: Input): unknown {
  const metrics = c['metricResults'] as readonly ScoredMetric[];
  return { summaryScore: scoreMetrics(metrics, record(c, 'groupWeights') as Readonly<Record<string, number>>).score };
}

function interval(c: Input): unknown {
  const { lower, upper, estimate } = mannWhitney(
    data(c, 'experiment'),
    data(c, 'control'),
    number(c, 'confidenceLevel'),
  );
  return { ci: [lower, upper], estimate };
}

function intermediates(c: Input): unknown {
  const [x, y] = [data(c, 'x'), data(c, 'y')];
  const confidence = number(c, 'confidenceLevel');
  const z = -normalQuantile((1 - confidence) / 2);
  const { min, max } = shiftRange(x, y);
  const at = (mu: number, quantile: number): number => wilcoxonDifference(mu, quantile, x, y);
  const { lower, upper, estimate } = mannWhitney(x, y, confidence);
  return {
    muMin: min,
    muMax: max,
    zqLower: z,
    zqUpper: -z,
    fLower1: at(min, z),
    fUpper1: at(max, z),
    fLower2: at(min, -z),
    fUpper2: at(max, -z),
    ciLower: lower,
    ciUpper: upper,
    estimate,
  };
}

function wilcoxon(c: Input): unknown {
  const expected = c['expected'] as readonly { readonly mu: number; readonly quantile: number }[];
  return expected.map(({ mu, quantile }) => ({
    mu,
    quantile,
    value: wilcoxonDifference(mu, quantile, data(c, 'x'), data(c, 'y')),
  }));
}

/** `{"KSigmaDetector": 3}`, `{"IQRDetector": 1.5}`, or the parameters of the one that the function names. */
function detector(p: Input, name: unknown = ''): Detector {
  if ('KSigmaDetector' in p || (typeof name === 'string' && name.includes('KSigma')))
    return kSigmaDetector(number(p, 'KSigmaDetector', number(p, 'k', 3)));
  return iqrDetector(number(p, 'IQRDetector', number(p, 'factor', 1.5)), p['reduceSensitivity'] === true);
}
