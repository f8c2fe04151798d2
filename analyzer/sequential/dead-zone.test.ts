import { describe, expect, it } from 'vitest';
import type { Metric } from '../../contracts/canary.ts';
import { seeded } from '../simulation/random.ts';
import { lognormal, simulateBatch, simulateCalibration } from '../simulation/traffic.ts';
import { judge, observe, startJudge } from './judge.ts';

const LATENCY: Metric = { name: 'latency', quantile: 0.95, tolerance: 0.3 };
const SEED = 11;

/** @returns the verdict after so many batches of 1,000 requests, or FAIL as soon as it stands */
function verdictFor(slower: number, batches: number): string {
  const random = seeded(SEED);
  const baseline = { errorRate: 0, latencyUs: lognormal(10, 0.3) };
  const candidate = { errorRate: 0, latencyUs: lognormal(10 * slower, 0.3) };
  let state = startJudge({ alpha: 0.01, metrics: [LATENCY] }, simulateCalibration(random, baseline, 2_000));
  for (let i = 0; i < batches; i++) {
    state = observe(state, simulateBatch(random, { share: 0.5, baseline, candidate }, 1_000));
    if (judge(state).verdict === 'FAIL') return 'FAIL';
  }
  return judge(state).verdict;
}

describe('the dead zone of latency', () => {
  it('lets a candidate pass that is slower by a third of its tolerance, however many requests show it', () => {
    expect(verdictFor(1.1, 100)).toBe('PASS');
  });

  it('fails a candidate that is slower by more than its tolerance', () => {
    expect(verdictFor(1.4, 20)).toBe('FAIL');
  });
});
