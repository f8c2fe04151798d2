import { expect, test } from 'vitest';
import { entriesForPeople, evidenceOf, pointsByVersion, promotedAt } from './journal.ts';

const entry = (seq: number, type: string, data: Record<string, unknown> = {}) => ({
  experimentId: 'x',
  seq,
  at: '2026-01-01T00:00:00Z',
  type,
  message: type,
  data,
});

test('bookkeeping is left out of what people read, and so is the runner’s state', () => {
  const entries = [entry(0, 'declared'), entry(1, 'checkpoint'), entry(2, 'step'), entry(3, 'done')];
  expect(entriesForPeople(entries).map((e) => e.type)).toEqual(['declared', 'step']);
  expect(evidenceOf(entry(0, 'step', { by: 'ann', state: { long: true } }))).toEqual({ by: 'ann' });
});

test('a run is promoted from the decision on, also when it is moved back later', () => {
  expect(promotedAt([entry(0, 'declared'), entry(1, 'promote'), entry(2, 'moved-back')])).toBe(Date.UTC(2026, 0, 1));
  expect(promotedAt([entry(0, 'declared'), entry(1, 'verdict')])).toBeNull();
});

test('the version that was promoted keeps its place on the charts while it is watched', () => {
  const figures = { errors: 0, p50Ms: 1, p95Ms: 1, p99Ms: 1 };
  const at = (ms: number, intendedPpm: number) => ({
    at: ms,
    intendedPpm,
    arms: [{ arm: 'baseline' as const, requests: 9, ...figures }],
  });
  const [before, after] = pointsByVersion([at(1_000, 500_000), at(2_000, 0)], 1_500);
  expect([before?.arms[0]?.arm, before?.intendedPpm]).toEqual(['baseline', 500_000]);
  expect([after?.arms[0]?.arm, after?.intendedPpm]).toEqual(['candidate', 1_000_000]);
});
