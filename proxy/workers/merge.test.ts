import { describe, expect, it } from 'vitest';
import { FULL_METRICS } from '../testing/metrics-snapshot.ts';
import { addNumbers, mergeMetrics } from './merge.ts';

describe('the view of several workers', () => {
  it('has every counter of each, added up, and no row twice', () => {
    const merged = mergeMetrics([FULL_METRICS, FULL_METRICS, { ...FULL_METRICS, traffic: [] }]);
    expect(merged.traffic.map((t) => t.route)).toEqual(FULL_METRICS.traffic.map((t) => t.route));
    const [before] = FULL_METRICS.traffic;
    expect(merged.traffic[0]).toMatchObject({ retries: 2 * (before?.retries ?? NaN), codes: [[200, 6]] });
    expect(merged.faults[0]?.injected).toBe(12);
    expect(merged.errors[0]?.count).toBe(15);
    expect(merged.requestsInFlight).toBe(24);
    const total = (latency: ArrayLike<number> | undefined): number =>
      Array.from(latency ?? []).reduce((a, b) => a + b, 0);
    expect(total(merged.traffic[0]?.latency)).toBe(2 * total(before?.latency));
    expect(merged.traffic[0]?.requestSizes.sum).toBe(2 * (before?.requestSizes.sum ?? NaN));
    expect(total(merged.traffic[0]?.responseSizes.counts)).toBe(2 * total(before?.responseSizes.counts));
  });

  it('leaves names and states as they are', () => {
    expect(addNumbers({ name: 'a', n: { x: 1, y: 2 } }, { name: 'a', n: { x: 10, y: 20 } })).toEqual({
      name: 'a',
      n: { x: 11, y: 22 },
    });
  });
});
