import { expect, test } from 'vitest';
import { formatAgo, formatSpan } from './time.ts';

test('a span is written in its two largest units', () => {
  const spans = [0, 59_900, 60_000, 130_000, 3_600_000, 3_840_000, 200_000_000];
  expect(spans.map(formatSpan)).toEqual(['0 s', '59 s', '1 m', '2 m 10 s', '1 h', '1 h 4 m', '2 d']);
});

test('a time of a clock that is ahead of ours is just now', () => {
  expect(formatAgo(10_000, 7_000)).toBe('just now');
  expect(formatSpan(-5)).toBe('0 s');
  expect(formatAgo(10_000, 100_000)).toBe('1 m 30 s ago');
});
