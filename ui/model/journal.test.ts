import { expect, test } from 'vitest';
import { entriesForPeople, evidenceOf, wasPromoted } from './journal.ts';

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
  expect(wasPromoted([entry(0, 'declared'), entry(1, 'promote'), entry(2, 'moved-back')])).toBe(true);
  expect(wasPromoted([entry(0, 'declared'), entry(1, 'fail')])).toBe(false);
});
