import { describe, expect, it } from 'vitest';
import type { Metric } from '../../contracts/canary.ts';
import { seeded } from '../simulation/random.ts';
import { lognormal, simulateBatch, simulateCalibration } from '../simulation/traffic.ts';
import { judge, observe, startJudge } from './judge.ts';

const LATENCY: Metric & { name: 'latency' } = { name: 'latency', quantile: 0.95, tolerance: 0.3 };
const SEED = 5;

/** The baseline was measured at another latency than both arms have now. @returns the verdict after 20,000 requests */
function verdictAfter(measuredMs: number, slower: number, quantile = LATENCY.quantile): string {
  const random = seeded(SEED);
  const baseline = { errorRate: 0, latencyUs: lognormal(10, 0.3) };
  const candidate = { errorRate: 0, latencyUs: lognormal(10 * slower, 0.3) };
  const calibration = simulateCalibration(random, { errorRate: 0, latencyUs: lognormal(measuredMs, 0.3) }, 2_000);
  let state = startJudge({ alpha: 0.01, metrics: [{ ...LATENCY, quantile }] }, calibration);
  for (let i = 0; i < 200; i++) state = observe(state, simulateBatch(random, { share: 0.5, baseline, candidate }, 100));
  return judge(state).metrics[0]?.verdict ?? '';
}

describe('the edges of "safe"', () => {
  it('follow the load, so that a healthy candidate still passes after the latencies halved', () => {
    expect(verdictAfter(20, 1)).toBe('PASS');
  });

  it.each([0.25, 0.5, 0.95])('follow it where all requests are beyond them: quantile %f', (quantile) => {
    expect(verdictAfter(1, 1, quantile)).toBe('PASS');
  });

  it('do not pass a candidate that is too slow for the new load', () => {
    expect(verdictAfter(20, 1.4)).not.toBe('PASS');
  });
});
