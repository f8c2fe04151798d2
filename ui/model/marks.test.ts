import { expect, test } from 'vitest';
import { bandsOf, marksOf } from './marks.ts';
import { frameOf, windowOf } from './windows.ts';

const points = [0, 0, 10_000, 10_000, 50_000].map((intendedPpm, i) => ({ at: i * 1_000, intendedPpm, arms: [] }));

test('every change of weight is a mark, and the end with its verdict', () => {
  const view = { endedAt: new Date(4_600).toISOString(), verdict: 'FAIL' } as const;
  expect(marksOf(points, [], view)).toEqual([
    { at: 2, label: '1%', tone: 'step' },
    { at: 4, label: '5%', tone: 'step' },
    { at: 4.6, label: 'FAIL', tone: 'bad' },
  ]);
});

test('a run that still goes on has no end, and one that was ended by hand no verdict', () => {
  expect(marksOf(points, [], { endedAt: null, verdict: 'PENDING' })).toHaveLength(2);
  const aborted = { endedAt: new Date(5_000).toISOString(), verdict: 'PENDING' } as const;
  expect(marksOf(points, [], aborted).at(-1)?.label).toBe('ended');
});

test('the decision of the journal stands where it was taken, and takes the place of the end', () => {
  const at = new Date(4_500).toISOString();
  const journal = [
    { at, type: 'verdict' },
    { at, type: 'checkpoint' },
    { at, type: 'rolled-back' },
  ];
  const marks = marksOf(points, journal, { endedAt: new Date(9_000).toISOString(), verdict: 'FAIL' });
  expect(marks.filter((m) => m.tone !== 'step')).toEqual([{ at: 4.5, label: 'FAIL', tone: 'bad' }]);
});

test('going back to nothing is no step', () => {
  const back = [...points, { at: 5_000, intendedPpm: 0, arms: [] }];
  expect(marksOf(back, [], { endedAt: null, verdict: 'PENDING' })).toHaveLength(2);
});

test('bands cover the time at each weight above 0', () => {
  expect(bandsOf(points)).toEqual([
    { from: 2, to: 4, weight: 0.01 },
    { from: 4, to: 4, weight: 0.05 },
  ]);
});

test('the window ends after the end of the run, and an unknown one is the default', () => {
  expect(frameOf(points, 'all', 30_000)).toEqual({ from: 0, to: 32 });
  expect(frameOf(points, '1m', null)).toEqual({ from: 0, to: 10 });
  expect([windowOf('15m'), windowOf('<script>'), windowOf(null)]).toEqual(['15m', '5m', '5m']);
});
