import { describe, expect, it } from 'vitest';
import type { Metric } from '../../contracts/canary.ts';
import { judge, observe, startJudge } from '../sequential/judge.ts';
import { seeded } from '../simulation/random.ts';
import { lognormal, simulateBatch, simulateCalibration } from '../simulation/traffic.ts';
import type { ArmModel } from '../simulation/traffic.ts';
import { errorsToFail, errorsToPass } from './errors.ts';
import { latencyToFail, latencyToPass } from './latency.ts';

const setting = { alpha: 0.01, candidatePpm: 100_000 };

/** The median over simulated runs of the judge itself. */
function simulated(metric: Metric, share: number, baseline: ArmModel, candidate: ArmModel, runs: number): number {
  const counts = Array.from({ length: runs }, (_, i) => {
    const random = seeded(i + 1);
    let state = startJudge({ alpha: 0.01, metrics: [metric] }, simulateCalibration(random, baseline, 2_000));
    let requests = 0;
    while (judge(state).verdict === 'PENDING') {
      const batch = simulateBatch(random, { share, baseline, candidate }, Math.ceil(20 + requests / (20 * share)));
      requests += batch.candidate.requests;
      state = observe(state, batch);
    }
    return requests;
  });
  return counts.sort((a, b) => a - b)[runs >> 1] ?? NaN;
}

describe('the power of the success rate', () => {
  // Medians of 1,001 simulated runs (loadtests/simulations/detection.ts, seed 1).
  it.each([
    [0.001, 0.002, 16_908],
    [0.001, 0.01, 510],
    [0.001, 0.05, 62],
    [0.01, 0.05, 164],
  ])('is near the simulated median: %f -> %f takes %i', (baseline, candidate, median) => {
    const estimate = errorsToFail(setting, baseline, candidate) ?? NaN;
    expect(estimate / median).toBeGreaterThan(0.7);
    expect(estimate / median).toBeLessThan(1.4);
  });

  it('is near the simulated median to PASS', () => {
    const arm = { errorRate: 0.001 };
    const median = simulated({ name: 'success-rate', margin: 0.01 }, 0.5, arm, arm, 31);
    const estimate = errorsToPass({ alpha: 0.01, candidatePpm: 500_000 }, 0.001, 0.01) ?? NaN;
    expect(estimate / median).toBeGreaterThan(0.5);
    expect(estimate / median).toBeLessThan(2);
  });

  it('needs more for a smaller effect, and cannot find what is not there', () => {
    expect(errorsToFail(setting, 0.01, 0.02)).toBeGreaterThan(errorsToFail(setting, 0.01, 0.03) ?? Infinity);
    expect(errorsToFail(setting, 0.01, 0.01)).toBeNull();
  });
});

describe('the power of the latency', () => {
  const even = { alpha: 0.01, candidatePpm: 500_000, quantile: 0.99, tolerance: 0.1, sigma: 0.5 };
  const arm = (medianMs: number): ArmModel => ({ errorRate: 0, latencyUs: lognormal(medianMs, 0.5) });
  const metric = { name: 'latency', quantile: 0.99, tolerance: 0.1 } as const;

  it.each([1.25, 1.5, 2])('is near the simulated median to FAIL of a candidate %f times as slow', (factor) => {
    const median = simulated(metric, 0.5, arm(20), arm(20 * factor), 21);
    const estimate = latencyToFail(even, factor) ?? NaN;
    expect(estimate / median).toBeGreaterThan(0.5);
    expect(estimate / median).toBeLessThan(2);
  });

  it('is near the simulated median to PASS', () => {
    const tolerant = { ...metric, quantile: 0.9, tolerance: 0.25 };
    const median = simulated(tolerant, 0.5, arm(20), arm(20), 21);
    const estimate = latencyToPass({ ...even, quantile: 0.9, tolerance: 0.25 }) ?? NaN;
    expect(estimate / median).toBeGreaterThan(0.5);
    expect(estimate / median).toBeLessThan(2);
  });

  it('cannot find a slowdown within the dead zone', () => {
    expect(latencyToFail(even, 1.04)).toBeNull();
  });
});
