import { describe, expect, it } from 'vitest';
import { normalQuantile } from '../../math/normal.ts';
import { normal, seeded } from '../../simulation/random.ts';
import { asymptoticCs, momentsOfShare, momentsOfSums } from './asymptotic-cs.ts';
import { groupSequentialBounds } from './group-sequential.ts';
import { anytimeCoefficients } from './linear-model.ts';
import { msprt, statsigInterval } from './msprt.ts';

describe('asymptotic confidence sequence', () => {
  const a = momentsOfShare(300, 3_000);
  const b = momentsOfShare(420, 3_000);
  const options = { alpha: 0.05, tunedFor: 5_000, side: 'two-sided', relative: false } as const;

  it('excludes 0 exactly when p is below alpha', () => {
    for (const successes of [300, 330, 360, 390, 420]) {
      const { interval, p } = asymptoticCs(a, momentsOfShare(successes, 3_000), options);
      expect(interval[0] > 0).toBe(p < 0.05);
    }
  });

  it('is open on one side when one-sided, and tighter on the other', () => {
    const both = asymptoticCs(a, b, options);
    const greater = asymptoticCs(a, b, { ...options, side: 'greater' });
    const lesser = asymptoticCs(a, b, { ...options, side: 'lesser' });
    expect(greater.interval[1]).toBe(Infinity);
    expect(lesser.interval[0]).toBe(-Infinity);
    expect(greater.interval[0]).toBeGreaterThan(both.interval[0]);
    expect(greater.p).toBeLessThan(0.05);
    expect(lesser.p).toBe(0.4999);
  });

  it('divides by the first arm when relative', () => {
    expect(asymptoticCs(a, b, { ...options, relative: true }).effect).toBeCloseTo(0.4, 12);
    expect(momentsOfSums(10, 30, 5)).toEqual({ mean: 2, variance: 2.5, n: 5 });
  });
});

describe('mSPRT', () => {
  it('is the likelihood ratio averaged over the prior', () => {
    const [d, n, sigma2, tau2] = [0.2, 50, 2, 0.05];
    const v = (2 * sigma2) / n;
    let top = 0;
    let bottom = 0;
    for (let x = -3; x <= 3; x += 0.0005) {
      const density = Math.exp((-x * x) / (2 * tau2));
      top += density * Math.exp((x * d) / v - (x * x) / (2 * v));
      bottom += density;
    }
    expect(msprt(d, n, sigma2, tau2)).toBeCloseTo(top / bottom, 6);
  });

  it("Statsig's interval is wider than the fixed one", () => {
    const arm = { mean: 1, variance: 2, n: 500 };
    const { zStar, interval } = statsigInterval(arm, { ...arm, mean: 0.9 }, 0.05, normalQuantile(0.975));
    expect(zStar).toBeGreaterThan(1.96);
    expect((interval[0] + interval[1]) / 2).toBeCloseTo(0.1, 12);
  });
});

describe('group-sequential bounds', () => {
  it('with one look are the plain normal quantile', () => {
    const one = { information: [1], alpha: 0.05, power: 2 };
    expect(groupSequentialBounds({ ...one, sides: 2 })[0]).toBeCloseTo(normalQuantile(0.975), 9);
    expect(groupSequentialBounds({ ...one, sides: 1 })[0]).toBeCloseTo(normalQuantile(0.95), 9);
  });

  it('are crossed under the null as often as alpha says', () => {
    const information = [0.25, 0.5, 0.75, 1];
    const bounds = groupSequentialBounds({ information, alpha: 0.1, sides: 2, power: 2 });
    const random = seeded(41);
    let crossed = 0;
    for (let run = 0; run < 6_000; run++) {
      let w = 0;
      let out = false;
      information.forEach((t, i) => {
        w += normal(random) * Math.sqrt(0.25);
        if (Math.abs(w) / Math.sqrt(t) >= (bounds[i] ?? Infinity)) out = true;
      });
      if (out) crossed++;
    }
    expect(crossed / 6_000).toBeGreaterThan(0.085);
    expect(crossed / 6_000).toBeLessThan(0.115);
  });
});

describe('anytime-valid linear model', () => {
  const random = seeded(42);
  const x = Array.from({ length: 200 }, () => normal(random));
  const y = x.map((v) => 1 + 2 * v + normal(random));
  const fit = anytimeCoefficients([x.map(() => 1), x, x.map(() => normal(random))], y, 1, 0.05);

  it('finds the coefficient that is there, and not the one that is not', () => {
    expect(fit[1]?.p).toBeLessThan(1e-6);
    expect(fit[1]?.interval[0]).toBeGreaterThan(1.5);
    expect(fit[2]?.p).toBeGreaterThan(0.05);
    expect(fit[2]?.interval[0]).toBeLessThan(0);
  });

  it('knows nothing yet where the prior is so flat that no data could convince it', () => {
    const few = anytimeCoefficients(
      [
        [1, 1, 1],
        [1, 2, 4],
      ],
      [1, 2, 3],
      0.9,
      0.001,
    );
    expect(few[1]?.interval[1]).toBe(Infinity);
  });
});
