import { describe, expect, it } from 'vitest';
import { falseAlarms, guardDelay } from './guards.ts';

const RUN = { rps: 100, seconds: 80, medianMs: 50, errorRate: 0.02 };

describe('the guards on simulated requests', () => {
  it.each([
    ['quick answers', RUN],
    ['long polls', { ...RUN, medianMs: 20_000, rps: 50 }],
    ['a common error rate of 30 %', { ...RUN, errorRate: 0.3 }],
  ])('stop next to no healthy release: %s', (_name, run) => {
    const alarms = falseAlarms(3, 40, run);
    expect(Object.values(alarms).reduce((sum, n) => sum + n, 0)).toBeLessThanOrEqual(1);
  });

  it('stop a bad one, each by its own sign', () => {
    expect(guardDelay(1, 5, { ...RUN, candidate: { errorRate: 0.9 } }).guard).toBe('errors');
    expect(guardDelay(1, 5, { ...RUN, candidate: { hangRate: 1 } }).guard).toBe('throughput');
    expect(guardDelay(1, 5, { ...RUN, candidate: { hangRate: 0.3 } }).guard).toBe('saturation');
    expect(guardDelay(1, 5, { ...RUN, rps: 400, candidate: { skew: 0.7 } }).guard).toBe('sample-ratio');
  });
});
