import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logBeta, logIncompleteBeta } from './beta.ts';
import { logGammaP, logGammaQ } from './gamma.ts';
import { leastSquares } from './least-squares.ts';
import { eValue, logMeanExp } from './log-mean-exp.ts';
import { minimize } from './minimize.ts';
import { normalCdf, normalDensity, normalQuantile } from './normal.ts';
import { bisect, bisectUpward, crossing } from './root.ts';
import { zeta } from './zeta.ts';

/** Simpson's rule. */
function integrate(f: (x: number) => number, low: number, high: number, steps = 4_000): number {
  const h = (high - low) / steps;
  let sum = f(low) + f(high);
  for (let i = 1; i < steps; i++) sum += f(low + i * h) * (i % 2 === 1 ? 4 : 2);
  return (sum * h) / 3;
}

describe('special functions', () => {
  it('normal: agrees with the integral of its density, and the quantile undoes it', () => {
    for (const x of [-3, -0.5, 0.1, 2.4]) {
      expect(normalCdf(x)).toBeCloseTo(0.5 + integrate(normalDensity, 0, x), 12);
      expect(normalQuantile(normalCdf(x))).toBeCloseTo(x, 10);
    }
    expect(normalCdf(-10) / 7.61985302416e-24).toBeCloseTo(1, 8);
  });

  it('incomplete gamma: agrees with its integral on both sides of the switch', () => {
    for (const [a, x] of [
      [3, 1],
      [3, 8],
      [40, 30],
      [40, 60],
    ] as const) {
      const lower = integrate((t) => t ** (a - 1) * Math.exp(-t), 0, x);
      const all = lower + integrate((t) => t ** (a - 1) * Math.exp(-t), x, 200, 40_000);
      expect(Math.exp(logGammaP(a, x))).toBeCloseTo(lower / all, 9);
      expect(Math.exp(logGammaP(a, x)) + Math.exp(logGammaQ(a, x))).toBeCloseTo(1, 12);
    }
  });

  it('incomplete beta: agrees with its integral, and is the whole at 1', () => {
    for (const [a, b, x] of [
      [2, 5, 0.1],
      [2, 5, 0.8],
      [30, 12, 0.6],
    ] as const) {
      const part = integrate((t) => t ** (a - 1) * (1 - t) ** (b - 1), 0, x);
      expect(Math.exp(logIncompleteBeta(a, b, x)) / part).toBeCloseTo(1, 9);
    }
    expect(logIncompleteBeta(3, 4, 1)).toBe(logBeta(3, 4));
  });

  it('zeta: pi^2/6 at 2, and the sum of 1/n^4 at 4', () => {
    expect(zeta(2)).toBeCloseTo(Math.PI ** 2 / 6, 14);
    expect(zeta(4)).toBeCloseTo(Math.PI ** 4 / 90, 14);
  });
});

describe('numeric methods', () => {
  it('finds the root and the minimum of a shifted parabola', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 50, noNaN: true }), (at) => {
        expect(bisect((x) => x - at, 0, 100)).toBeCloseTo(at, 10);
        expect(bisectUpward((x) => x - at, 1e-3)).toBeCloseTo(at, 10);
        expect(minimize((x) => (x - at) ** 2, 0, 100).at).toBeCloseTo(at, 5);
      }),
    );
  });

  it('finds in few steps the crossing that halving finds', () => {
    const curves: ((at: number) => (x: number) => number)[] = [
      (at) => (x) => x - at,
      (at) => (x) => at ** 3 - x ** 3,
      (at) => (x) => Math.exp(x / 2) - Math.exp(at / 2),
      (at) => (x) => Math.log(x / at),
      (at) => (x) => (x < at ? -1 : 1),
    ];
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 50, noNaN: true }), fc.constantFrom(...curves), (at, curve) => {
        let steps = 0;
        const found = crossing((x) => (steps++, curve(at)(x)), 1e-12, 100);
        expect(found / bisect(curve(at), 1e-12, 100)).toBeCloseTo(1, 10);
        expect(steps).toBeLessThan(120);
      }),
    );
    expect(crossing((x) => x, 1, 2)).toBe(2);
    let steps = 0;
    crossing((x) => (steps++, Math.log(x / 7)), 1e-12, 100);
    expect(steps).toBeLessThan(20);
  });

  it('averages e-values without overflow and caps what it shows', () => {
    expect(logMeanExp([0, Math.log(3)])).toBeCloseTo(Math.log(2), 12);
    expect(logMeanExp([5_000, 5_000])).toBeCloseTo(5_000, 9);
    expect(eValue(5_000)).toBe(1e300);
  });

  it('recovers the coefficients of an exact linear relation', () => {
    const x = [1, 2, 3, 4, 5, 6];
    const z = [2, 1, 4, 3, 7, 5];
    const y = x.map((v, i) => 3 + 2 * v - 0.5 * (z[i] ?? 0));
    const fit = leastSquares([x.map(() => 1), x, z], y);
    [3, 2, -0.5].forEach((c, i) => expect(fit.coefficients[i]).toBeCloseTo(c, 10));
    expect(fit.degreesOfFreedom).toBe(3);
  });

  it('gives the textbook standard error of a slope', () => {
    const x = [1, 2, 3, 4, 5];
    const y = [2.1, 3.9, 6.2, 7.8, 10.1];
    const fit = leastSquares([x.map(() => 1), x], y);
    const mean = 3;
    const sxx = x.reduce((s, v) => s + (v - mean) ** 2, 0);
    const slope = x.reduce((s, v, i) => s + (v - mean) * (y[i] ?? 0), 0) / sxx;
    const base = y.reduce((s, v) => s + v, 0) / 5 - slope * mean;
    const rest = y.reduce((s, v, i) => s + (v - base - slope * (x[i] ?? 0)) ** 2, 0);
    expect(fit.coefficients[1]).toBeCloseTo(slope, 12);
    expect(fit.standardErrors[1]).toBeCloseTo(Math.sqrt(rest / 3 / sxx), 12);
  });
});
