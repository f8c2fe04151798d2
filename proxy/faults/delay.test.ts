import { describe, expect, it } from 'vitest';
import { FaultSpec } from '../../contracts/fault.ts';
import { mix } from '../random.ts';
import { delay } from './delay.ts';

const N = 40_000;

function draws(spec: object): number[] {
  const planned = delay(FaultSpec.parse({ service: 'shop', delay: spec }));
  return Array.from({ length: N }, (_, i) => planned?.delayMs?.(mix(i)) ?? NaN).sort((a, b) => a - b);
}

const quantile = (sorted: readonly number[], q: number): number => sorted[Math.floor(q * sorted.length)] ?? NaN;
const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

describe('delays', () => {
  it('of the exponential distribution have its mean and its tail', () => {
    const sorted = draws({ exponential: { mean: '100ms' } });
    expect(mean(sorted)).toBeCloseTo(100, -1);
    expect(Math.abs(quantile(sorted, 0.99) / (100 * Math.log(100)) - 1)).toBeLessThan(0.05);
  });

  it('of the normal distribution have its mean and spread, and never go below zero', () => {
    const sorted = draws({ normal: { mean: '100ms', stddev: '20ms' } });
    expect(mean(sorted)).toBeCloseTo(100, 0);
    expect(Math.abs((quantile(sorted, 0.8413) - 100) / 20 - 1)).toBeLessThan(0.05);
    expect(draws({ normal: { mean: '10ms', stddev: '50ms' } })[0]).toBe(0);
  });

  it('of the Pareto distribution begin at min and follow its power law', () => {
    const sorted = draws({ pareto: { min: '10ms', shape: 2 } });
    expect(sorted[0]).toBeGreaterThanOrEqual(10);
    expect(Math.abs(quantile(sorted, 0.5) / (10 * 2 ** 0.5) - 1)).toBeLessThan(0.03);
    expect(Math.abs(quantile(sorted, 0.99) / (10 * 100 ** 0.5) - 1)).toBeLessThan(0.1);
  });

  it('are never longer than max', () => {
    expect(draws({ pareto: { min: '10ms', shape: 0.5 }, max: '1s' }).at(-1)).toBe(1_000);
  });
});
