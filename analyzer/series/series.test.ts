import { describe, expect, it } from 'vitest';
import { normal, seeded } from '../simulation/random.ts';
import type { Random } from '../simulation/random.ts';
import { addPoint, effectiveSize, lagOne, NO_POINTS } from './autocorrelation.ts';
import { figuresOf } from './figures.ts';
import { judgeKayentaSeries } from './kayenta.ts';
import { judgeSequentialSeries } from './sequential.ts';
import { judgeThresholdSeries } from './threshold.ts';

const options = { alpha: 0.05, direction: 'either', tolerance: 0.1 } as const;

/** An autoregressive series of order 1 around 100. */
function series(random: Random, n: number, phi: number, mean = 100): number[] {
  let x = normal(random) / Math.sqrt(1 - phi * phi);
  return Array.from({ length: n }, () => {
    x = phi * x + normal(random);
    return mean + 5 * x;
  });
}

function falseAlarms(phi: number, runs: number): number {
  let failed = 0;
  for (let seed = 1; seed <= runs; seed++) {
    const random = seeded(seed);
    const pair = { name: 'm', baseline: series(random, 200, phi), candidate: series(random, 200, phi) };
    if (judgeSequentialSeries([pair], options).verdict === 'FAIL') failed++;
  }
  return failed / runs;
}

describe('autocorrelation', () => {
  it('is the textbook figure', () => {
    // mean 3; deviations -2 -1 0 1 2; (2 + 0 + 0 + 2) / 10
    expect(lagOne([1, 2, 3, 4, 5].reduce(addPoint, NO_POINTS))).toBeCloseTo(0.4, 12);
  });

  it('is 0 for a constant series', () => {
    expect(lagOne([7.1, 7.1, 7.1, 7.1].reduce(addPoint, NO_POINTS))).toBe(0);
  });

  it('finds the parameter of an autoregressive series, and what its points are worth', () => {
    const figures = figuresOf(series(seeded(3), 20_000, 0.8));
    expect(figures.autocorrelation).toBeCloseTo(0.8, 1);
    expect(figures.effectivePoints / 20_000).toBeCloseTo(0.2 / 1.8, 1);
  });

  it('never makes more of a series than its points', () => {
    expect(effectiveSize(50, -0.5)).toBe(50);
  });
});

describe('means of series', () => {
  it('finds a shift of twenty percent', () => {
    const random = seeded(1);
    const pair = { name: 'cpu', baseline: series(random, 100, 0), candidate: series(random, 100, 0, 120) };
    const { verdict, metrics } = judgeSequentialSeries([pair], options);
    expect(verdict).toBe('FAIL');
    expect(metrics[0]?.interval?.[0]).toBeGreaterThan(0);
  });

  it('passes equal series that are long enough, and says when they are not', () => {
    const random = seeded(2);
    const pair = { name: 'cpu', baseline: series(random, 300, 0), candidate: series(random, 300, 0) };
    expect(judgeSequentialSeries([pair], options).verdict).toBe('PASS');
    const short = { ...pair, baseline: pair.baseline.slice(0, 5), candidate: pair.candidate.slice(0, 5) };
    expect(judgeSequentialSeries([short], options)).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(judgeSequentialSeries([short], options).reason).toContain('too few points: 5 and 5');
  });

  it('fails many errors beside few, or none: rare ones have no relative effect to speak of', () => {
    const outcomes = (errors: number, n: number): number[] =>
      Array.from({ length: n }, (_, i) => (i % Math.ceil(n / Math.max(1, errors)) === 0 && errors > 0 ? 1 : 0));
    for (const few of [0, 1]) {
      const pair = { name: 'errors', baseline: outcomes(few, 1_600), candidate: outcomes(200, 400) };
      const { verdict, metrics } = judgeSequentialSeries([pair], { ...options, direction: 'increase' });
      expect([few, verdict]).toEqual([few, 'FAIL']);
      expect(metrics[0]?.rule).toMatch(/^worse for sure after \d+ points; means differ by 0\.\d+ to 0\.\d+$/);
      expect(metrics[0]?.interval).toBeNull();
    }
  });

  it('keeps its alpha of 5 % for outcomes of which one of a hundred is an error', () => {
    let failed = 0;
    for (let seed = 1; seed <= 500; seed++) {
      const random = seeded(seed);
      const outcomes = (n: number): number[] => Array.from({ length: n }, () => (random() < 0.01 ? 1 : 0));
      const pair = { name: 'errors', baseline: outcomes(1_600), candidate: outcomes(400) };
      if (judgeSequentialSeries([pair], { ...options, direction: 'increase' }).verdict === 'FAIL') failed++;
    }
    expect(failed / 500).toBeLessThanOrEqual(0.05);
  });

  it('does not fail what is better, when only an increase is worse', () => {
    const random = seeded(4);
    const pair = { name: 'cpu', baseline: series(random, 100, 0), candidate: series(random, 100, 0, 60) };
    expect(judgeSequentialSeries([pair], { ...options, direction: 'increase' }).verdict).toBe('PASS');
  });

  it.each([
    [0, 0.024],
    [0.3, 0.029],
    [0.6, 0.029],
    [0.8, 0.037],
    [0.9, 0.02],
  ])('keeps its alpha of 5 %% where each point repeats %f of the one before (docs/statistics.md)', (phi, share) => {
    expect(falseAlarms(phi, 1_000)).toBe(share);
  });

  it('warns of points that repeat each other', () => {
    const random = seeded(5);
    const pair = { name: 'cpu', baseline: series(random, 200, 0.9), candidate: series(random, 200, 0) };
    const warnings = judgeSequentialSeries([pair], options).metrics[0]?.warnings;
    expect(warnings).toEqual([
      expect.stringMatching(/^baseline: points repeat each other \(lag-1 autocorrelation 0\./),
    ]);
  });
});

describe('the other judges', () => {
  const kayenta = { direction: 'increase', pass: 95, marginal: 75, nan: 'remove' } as const;

  it('scores metrics as Kayenta does: one of two failing is 50', () => {
    const random = seeded(6);
    const same = { name: 'a', baseline: [1, 2, 3, 4], candidate: [1, 2, 3, 4] };
    const worse = { name: 'b', baseline: series(random, 60, 0), candidate: series(random, 60, 0, 140) };
    const judged = judgeKayentaSeries([same, worse], kayenta, seeded(1));
    expect(judged).toMatchObject({ verdict: 'FAIL', score: 50 });
    expect(judgeKayentaSeries([same, worse], { ...kayenta, marginal: 50 }, seeded(1)).verdict).toBe('INCONCLUSIVE');
  });

  it('takes no data for inconclusive, never for a failure', () => {
    const none = { name: 'a', baseline: [NaN, NaN], candidate: [NaN] };
    expect(judgeKayentaSeries([none], kayenta, seeded(1)).verdict).toBe('INCONCLUSIVE');
    const limits = { range: { max: 5 }, failureLimit: 0, consecutiveErrorLimit: 4 };
    expect(judgeThresholdSeries([none], limits).verdict).toBe('INCONCLUSIVE');
  });

  it('breaks a limit of one failure with the second', () => {
    const limits = { range: { max: 5 }, failureLimit: 1, consecutiveErrorLimit: 4 };
    const pair = (candidate: number[]) => [{ name: 'a', baseline: [1], candidate }];
    expect(judgeThresholdSeries(pair([1, 6, 2]), limits).verdict).toBe('PASS');
    expect(judgeThresholdSeries(pair([1, 6, 2, 7]), limits).verdict).toBe('FAIL');
  });
});
