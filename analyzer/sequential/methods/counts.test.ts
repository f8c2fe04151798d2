import { describe, expect, it } from 'vitest';
import { binomial, seeded } from '../../simulation/random.ts';
import { logBayesFactor, logMultinomialCoefficient, shareBounds } from './dirichlet-multinomial.ts';
import { binomialCriticalValue, binomialLlr } from './maxsprt-binomial.ts';
import { poissonCriticalValue, poissonLlr, poissonPerformance } from './maxsprt-poisson.ts';
import { comparePoisson, intensityInterval, poissonLogE } from './poisson-mixture.ts';

describe('Dirichlet-multinomial', () => {
  it('is the product of its predictions', () => {
    const shares = [0.2, 0.3, 0.5];
    const prior = [2, 3, 5];
    const counts = [0, 0, 0];
    let byHand = 0;
    [2, 0, 1, 1, 2, 0, 0].forEach((label, n) => {
      byHand += Math.log(((prior[label] ?? 0) + (counts[label] ?? 0)) / (10 + n) / (shares[label] ?? 1));
      counts[label] = (counts[label] ?? 0) + 1;
    });
    expect(logBayesFactor(counts, shares, prior)).toBeCloseTo(byHand, 12);
  });

  it('bounds each share where the Bayes factor of the best others is 1/alpha', () => {
    const counts = [10, 30, 60];
    const prior = [1, 1, 1];
    const [low] = shareBounds(counts, prior, 0.05)[0] ?? [NaN];
    const others = [low, ((1 - low) * 30) / 90, ((1 - low) * 60) / 90];
    expect(logBayesFactor(counts, others, prior)).toBeCloseTo(Math.log(20), 8);
  });

  it('knows how many sequences have the same counts', () => {
    expect(Math.exp(logMultinomialCoefficient([2, 1, 1]))).toBeCloseTo(12, 9);
  });
});

describe('Poisson mixture', () => {
  it('bounds the intensity where the e-value is 1/alpha, and ends at zero events', () => {
    const [low, high] = intensityInterval(40, 2, 0.05);
    expect(poissonLogE(40, low, 2)).toBeCloseTo(Math.log(20), 8);
    expect(poissonLogE(40, high, 2)).toBeCloseTo(Math.log(20), 8);
    expect(intensityInterval(0, 1, 0.05)[0]).toBe(0);
    expect(comparePoisson(0, 0, 1, 0.05).difference.every(Number.isFinite)).toBe(true);
  });

  it('is symmetric in the arms', () => {
    const one = comparePoisson(20, 50, 1, 0.05);
    const other = comparePoisson(50, 20, 1, 0.05);
    expect(one.p).toBeCloseTo(other.p, 12);
    expect(one.difference[0]).toBeCloseTo(-other.difference[1], 6);
  });
});

describe('MaxSPRT', () => {
  it('Poisson: raises false alarms at the rate that its critical value promises', () => {
    const horizon = 8;
    const criticalValue = poissonCriticalValue(horizon, 0.1, 1);
    const random = seeded(31);
    let alarms = 0;
    for (let run = 0; run < 4_000; run++) {
      let time = 0;
      for (let n = 1; ; n++) {
        time += -Math.log(1 - random());
        if (time > horizon) break;
        if (poissonLlr(n, time) >= criticalValue) {
          alarms++;
          break;
        }
      }
    }
    expect(alarms / 4_000).toBeGreaterThan(0.08);
    expect(alarms / 4_000).toBeLessThan(0.12);
  });

  it('Poisson: a certain regression is found with certainty, soon, and never after the horizon', () => {
    const found = poissonPerformance({ horizon: 30, criticalValue: 4, minEvents: 1 }, 8);
    expect(found.power).toBeCloseTo(1, 6);
    expect(found.meanTimeToSignal).toBeLessThan(2);
    const none = poissonPerformance({ horizon: 5, criticalValue: 4, minEvents: 1 }, 1);
    expect(none.meanSurveillance).toBeLessThanOrEqual(5);
    expect(none.power).toBeLessThan(0.1);
  });

  it('binomial: agrees with the sum over all sequences of a short run', () => {
    const [events, z, alpha] = [8, 3, 0.1];
    const { criticalLlr, typeIError } = binomialCriticalValue(events, z, alpha);
    const error = (critical: number): number => {
      let sum = 0;
      for (let bits = 0; bits < 2 ** events; bits++) {
        let c = 0;
        let signal = false;
        for (let n = 1; n <= events; n++) {
          c += (bits >> (n - 1)) & 1;
          if (binomialLlr(c, n, 0.25) >= critical * (1 - 1e-12)) signal = true;
        }
        if (signal) sum += 0.25 ** c * 0.75 ** (events - c);
      }
      return sum;
    };
    expect(typeIError).toBeCloseTo(error(criticalLlr), 12);
    expect(typeIError).toBeLessThanOrEqual(alpha);
    const lower = Math.max(
      ...Array.from({ length: events }, (_, n) =>
        Array.from({ length: n + 1 }, (_, c) => binomialLlr(c + 1, n + 1, 0.25)),
      )
        .flat()
        .filter((v) => v < criticalLlr * (1 - 1e-12)),
    );
    expect(error(lower)).toBeGreaterThan(alpha);
  });
});

describe('the simulator', () => {
  it('draws binomial counts with the right mean and spread', () => {
    const random = seeded(33);
    const draws = Array.from({ length: 4_000 }, () => binomial(random, 200, 0.03));
    const mean = draws.reduce((a, b) => a + b) / draws.length;
    const variance = draws.reduce((s, d) => s + (d - mean) ** 2, 0) / draws.length;
    expect(mean).toBeGreaterThan(5.8);
    expect(mean).toBeLessThan(6.2);
    expect(variance).toBeGreaterThan(5.3);
    expect(variance).toBeLessThan(6.4);
  });
});
