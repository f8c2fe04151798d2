import { describe, expect, test } from 'vitest';
import type { ExperimentPoint } from '../../contracts/live.ts';
import { axisTop, binSeconds, binsOf } from './bins.ts';

type Counts = readonly [requests: number, errors: number, p99Ms: number | null];
function point(second: number, intendedPpm: number, baseline: Counts, candidate?: Counts): ExperimentPoint {
  const arm = (name: 'baseline' | 'candidate', [requests, errors, p99Ms]: Counts) => ({
    arm: name,
    requests,
    errors,
    p50Ms: null,
    p95Ms: null,
    p99Ms,
  });
  const arms = [arm('baseline', baseline), ...(candidate ? [arm('candidate', candidate)] : [])];
  return { at: second * 1_000, intendedPpm, arms };
}

describe('bins', () => {
  test('divide the sum of the errors by the sum of the requests', () => {
    const [bin] = binsOf([point(0, 1, [1, 1, 10]), point(1, 1, [99, 0, 20])], 2);
    expect(bin?.baseline).toMatchObject({ requests: 50, errors: 1 });
    expect(bin?.baseline?.p99).toBeCloseTo(19.9);
  });

  test('begin anew where the weight changes', () => {
    const bins = binsOf(
      [point(0, 0, [9, 0, 1]), point(1, 10_000, [9, 0, 1], [1, 0, 1]), point(2, 10_000, [9, 0, 1])],
      60,
    );
    expect(bins.map((b) => [b.intended, b.measured])).toEqual([
      [0, 0],
      [1, (1 / 19) * 100],
    ]);
  });

  test('tell no data from no error', () => {
    const [bin] = binsOf([point(0, 1, [0, 0, null])], 1);
    expect(bin?.baseline?.errors).toBeNull();
    expect(bin?.candidate).toBeNull();
    expect(bin?.measured).toBeNull();
  });

  test('are a second in a short window and more in a long one', () => {
    expect([10, 60, 300, 3_600].map(binSeconds)).toEqual([1, 1, 3, 30]);
  });
});

test('one spike does not flatten the rest, but a lasting rise is shown whole', () => {
  const calm = Array.from({ length: 99 }, () => 10);
  expect(axisTop([[...calm, 900]], 1)).toBe(30);
  expect(axisTop([calm, [...Array.from({ length: 5 }, () => 200)]], 1)).toBeCloseTo(224);
  expect(axisTop([[null, null]], 2)).toBe(2);
  expect(axisTop([[10, 10, 10, 400]], 1)).toBeCloseTo(448);
});
