import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normal, seeded } from '../simulation/random.ts';
import { classifyMannWhitney, classifyMeanInequality, defaultParams } from './classify.ts';
import { judgeKayenta } from './judge.ts';
import { mannWhitney, wilcoxonDifference } from './mann-whitney.ts';
import { classifyScore, scoreMetrics } from './score.ts';
import { cles, cohenD, meanRatio, percentile, ranks, summarise } from './statistics.ts';
import { iqrDetector, kSigmaDetector, removeOutliers, withoutNaN } from './transforms.ts';
import { zeroIn } from './zero-in.ts';

const random = seeded(1);
const series = (centre: number, n: number, seed: number): number[] => {
  const draw = seeded(seed);
  return Array.from({ length: n }, () => centre + normal(draw));
};
const label = (control: number[], experiment: number[], over = {}) =>
  classifyMannWhitney(control, experiment, { ...defaultParams(), ...over }, random);

describe("Kayenta's classification", () => {
  it('finds a shift up and down, but only in the direction that was asked for', () => {
    const [low, high] = [series(10, 40, 1), series(20, 40, 2)];
    expect(label(low, high).classification).toBe('High');
    expect(label(high, low).classification).toBe('Low');
    expect(label(low, high, { direction: 'decrease' }).classification).toBe('Pass');
    expect(label(high, low, { direction: 'increase' }).classification).toBe('Pass');
  });

  it('lets a shift pass that is smaller than what is allowed', () => {
    const [low, high] = [series(10, 40, 1), series(20, 40, 2)];
    expect(label(low, high, { allowedIncrease: 3 }).classification).toBe('Pass');
    expect(label(low, high, { isCritical: true, criticalIncrease: 1.5 })).toMatchObject({ critical: true });
    expect(label(low, high, { isCritical: true, criticalIncrease: 5 })).toMatchObject({ critical: false });
  });

  it('passes equal data and says when there are none', () => {
    expect(label([1, 2, 3], [3, 1, 2]).classification).toBe('Pass');
    expect(label([1, 1], [1, 1, 1]).classification).toBe('Pass');
    expect(label([], [1, 2]).classification).toBe('Nodata');
    expect(label([NaN], [1, 2], { isDataRequired: true }).classification).toBe('NodataFailMetric');
    expect(label([], [1, 2], { nanStrategy: 'replace' }).classification).toBe('Pass');
  });

  it('labels constants that differ, and errs where one point meets one point', () => {
    expect(label([2, 2, 2, 2, 2], [9, 9, 9, 9, 9]).classification).toBe('High');
    expect(label([1], [2]).classification).toBe('Error');
  });

  it('by means takes any difference', () => {
    expect(classifyMeanInequality([1, 2], [2, 3], defaultParams()).classification).toBe('High');
    expect(classifyMeanInequality([2, 3], [1, 2], defaultParams()).classification).toBe('Low');
  });
});

describe('Mann-Whitney', () => {
  it('has an interval around the shift, and mirrors when the arms are swapped', () => {
    const [x, y] = [series(13, 50, 3), series(10, 50, 4)];
    const there = mannWhitney(x, y, 0.98);
    const back = mannWhitney(y, x, 0.98);
    expect(there.lower).toBeLessThan(there.estimate);
    expect(there.upper).toBeGreaterThan(there.estimate);
    expect(there.estimate).toBeCloseTo(3, 0);
    expect(back.estimate).toBeCloseTo(-there.estimate, 3);
  });

  it('counts the pairs in which x - mu is larger', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 2, maxLength: 8 }),
        fc.integer({ min: -5, max: 5 }),
        (values, mu) => {
          const [x, y] = [values, [3, 4, 4, 6]];
          const pairs = x.flatMap((a) => y.map((b) => (a - mu > b ? 1 : a - mu === b ? 0.5 : 0)));
          const u = pairs.reduce((s: number, p) => s + p, 0) - (x.length * y.length) / 2;
          const d = wilcoxonDifference(mu, 0, x, y);
          expect(Math.sign(d)).toBe(Math.abs(u) <= 0.5 ? Math.sign(u - Math.sign(u) / 2) : Math.sign(u));
        },
      ),
    );
  });

  it('stops within its tolerance of the root', () => {
    const f = (x: number): number => x ** 3 - 2;
    const root = zeroIn(f, { x: 0, f: -2 }, { x: 5, f: 123 }, 1e-4, 100);
    expect(Math.abs(root - Math.cbrt(2))).toBeLessThan(1e-4);
  });
});

describe('scores', () => {
  const metric = (
    name: string,
    classification: 'Pass' | 'High' | 'Nodata' | 'Error',
    group = 'a',
    critical = false,
  ) => ({
    name,
    classification,
    critical,
    groups: [group],
  });

  it('weigh groups, and give the rest of the weight to those without one', () => {
    const metrics = [metric('x', 'Pass', 'a'), metric('y', 'High', 'b'), metric('z', 'Pass', 'c')];
    expect(scoreMetrics(metrics, { a: 50 }).score).toBe(75);
    expect(scoreMetrics(metrics, { a: 20, b: 60, c: 20 }).score).toBe(40);
  });

  it('are 0 for a critical failure, and when half of the metrics have no data', () => {
    expect(scoreMetrics([metric('x', 'Pass'), metric('y', 'High', 'a', true)], {}).score).toBe(0);
    expect(scoreMetrics([metric('x', 'Pass'), metric('y', 'Nodata')], {}).score).toBe(0);
    expect(scoreMetrics([metric('x', 'Error')], {}).score).toBe(100);
    expect(scoreMetrics([{ ...metric('x', 'High'), muted: true }, metric('y', 'Pass')], {}).score).toBe(100);
  });

  it('fall into three classes', () => {
    const thresholds = { pass: 95, marginal: 75 };
    expect([95, 94.9, 74.9].map((s) => classifyScore(s, thresholds))).toEqual(['Pass', 'Marginal', 'Fail']);
  });

  it('make the verdict of the judge', () => {
    const judge = (experiment: number[]) =>
      judgeKayenta(
        [{ name: 'errors', groups: ['g'], control: series(10, 60, 5), experiment, outlierFactor: 3 }],
        {},
        { pass: 95, marginal: 75 },
        random,
      ).verdict;
    expect(judge(series(10, 60, 6))).toBe('PASS');
    expect(judge(series(30, 60, 7))).toBe('FAIL');
  });
});

describe('statistics and transforms', () => {
  it('agree with hand calculation', () => {
    expect(summarise([2, 4, 6])).toEqual({ min: 2, max: 6, mean: 4, std: 2, count: 3 });
    expect(percentile([1, 2, 3, 4], 50)).toBe(2.5);
    expect(meanRatio([2], [6])).toBe(3);
    expect(meanRatio([0], [6])).toBeNaN();
    expect(cles([1, 2], [2, 3])).toBe(0.875);
    expect(cohenD([1, 3], [5, 7])).toBeCloseTo(4 / Math.SQRT2, 12);
    expect(ranks([5, 1, 5])).toEqual({ ranks: [2.5, 1, 2.5], ties: 6 });
  });

  it('drop what is missing and what lies far out', () => {
    expect(withoutNaN([1, NaN, 2], 'remove')).toEqual([1, 2]);
    expect(withoutNaN([1, NaN, 2], 'replace')).toEqual([1, 0, 2]);
    const data = [1, 2, 3, 2, 1, 2, 3, 2, 90];
    expect(removeOutliers(data, iqrDetector(3, false))).not.toContain(90);
    expect(removeOutliers(data, kSigmaDetector(2))).not.toContain(90);
  });
});
