import { describe, expect, test } from 'vitest';
import { candidateRate, condense, mergeEntries, mergePoints, sparkPath } from './series.ts';

const at = (...seconds: number[]) => seconds.map((s) => ({ at: s * 1_000, from: 'a' }));

describe('merging points', () => {
  test('keeps each second once, in order, and the latest word on it', () => {
    const merged = mergePoints(
      at(1, 2, 4),
      [
        { at: 3_000, from: 'b' },
        { at: 4_000, from: 'b' },
      ],
      60_000,
    );
    expect(merged.map((p) => `${p.at / 1_000}${p.from}`)).toEqual(['1a', '2a', '3b', '4b']);
  });

  test('drops what is older than it is to keep', () => {
    expect(mergePoints(at(1, 2, 3), at(4), 2_000).map((p) => p.at)).toEqual([3_000, 4_000]);
  });

  test('puts points in order that come out of order at the end', () => {
    expect(mergePoints(at(1), at(3, 2), 60_000).map((p) => p.at)).toEqual([1_000, 2_000, 3_000]);
  });
});

test('a journal entry that comes twice stands once', () => {
  const entry = (seq: number) => ({ experimentId: 'x', seq, at: '', type: 't', message: '', data: {} });
  expect(mergeEntries([entry(0), entry(1)], [entry(1), entry(2)]).map((e) => e.seq)).toEqual([0, 1, 2]);
});

test('a sparkline stays in its box and ends at its right edge', () => {
  expect(sparkPath([0, 5, 20], 100, 10, 10)).toBe('M0.0 10.0L50.0 5.0L100.0 0.0');
  expect([sparkPath([1], 100, 10, 10), sparkPath([0, 0], 100, 10, 0)]).toEqual(['', '']);
});

test('condensing keeps the mean and the newest value in its own group', () => {
  expect(condense([1, 2, 3, 4, 5], 3)).toEqual([1, 2.5, 4.5]);
  expect(condense([1, 2], 3)).toEqual([1, 2]);
});

test('the rate of the candidate is unknown before the first second', () => {
  expect(candidateRate([])).toBeNull();
});
