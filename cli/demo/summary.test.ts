import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { FAILED, PASSED, view } from '../testing/views.ts';
import { NOTHING_OBSERVED, observe } from './observed.ts';
import { shiftPorts } from './ports-block.ts';
import type { CanaryResult } from './summary.ts';
import { shortfalls, summaryTable } from './summary.ts';

const BAD: CanaryResult = {
  view: FAILED,
  noticed: { afterMs: 4_210, candidateRequests: 118, weightPpm: 100_000 },
  users: { sent: 4_312, errors: 0 },
};
const GOOD: CanaryResult = {
  view: PASSED,
  noticed: { afterMs: 41_000, candidateRequests: 7_900, weightPpm: 500_000 },
  users: { sent: 14_020, errors: 0 },
};

describe('the end of the demo', () => {
  it('is a table of what was noticed and what users saw', async () => {
    const text = summaryTable([BAD, GOOD], pc.createColors(false));
    await expect(text).toMatchFileSnapshot('../testing/golden/demo-summary.txt');
  });

  it('is right when the bad one was rolled back and the good one promoted, by the analyser', () => {
    expect(shortfalls(BAD, 'rolled back')).toEqual([]);
    expect(shortfalls(GOOD, 'promoted')).toEqual([]);
  });

  it.each([
    ['a bad one that was promoted', { ...BAD, view: PASSED }, 'rolled back'],
    ['a good one that was rolled back', { ...GOOD, view: FAILED }, 'promoted'],
    ['one that a person ended', { ...BAD, view: { ...FAILED, haltedBy: 'jo' } }, 'rolled back'],
    ['one whose users saw an error', { ...BAD, users: { sent: 9, errors: 1 } }, 'rolled back'],
    ['one without evidence', { ...BAD, view: { ...FAILED, judgement: view().judgement } }, 'rolled back'],
  ] as const)('is not right for %s', (_, result, expected) => {
    expect(shortfalls(result, expected)).not.toEqual([]);
  });
});

describe('what was observed', () => {
  it('notices the verdict with the requests and the weight at that moment', () => {
    const start = view({ intendedPpm: 0, phase: 'measuring', updatedAt: '2026-01-01T10:00:04.000Z' });
    const step = view({ updatedAt: '2026-01-01T10:00:05.000Z' });
    const decided = { ...FAILED, phase: 'rolling-back' as const, updatedAt: '2026-01-01T10:00:09.500Z' };
    const later = { ...decided, totals: { ...decided.totals, candidateRequests: 300 } };
    const observed = [start, step, decided, later].reduce(observe, NOTHING_OBSERVED);
    expect(observed.noticed).toEqual({ afterMs: 4_500, candidateRequests: 281, weightPpm: 100_000 });
  });

  it('takes the beginning of the promotion for the moment of a PASS', () => {
    const step = view({ updatedAt: '2026-01-01T10:00:05.000Z', intendedPpm: 500_000 });
    const promoting = view({ phase: 'promoting', intendedPpm: 0, updatedAt: '2026-01-01T10:00:40.000Z' });
    const observed = [step, promoting, PASSED].reduce(observe, NOTHING_OBSERVED);
    expect(observed.noticed).toEqual({ afterMs: 35_000, candidateRequests: 281, weightPpm: 500_000 });
  });
});

describe('the block of ports', () => {
  it('moves every loopback address of a document and nothing else', () => {
    const document = { a: ['127.0.0.1:9901', '10.0.0.1:9901'], b: { c: '127.0.0.1:9930', d: 9901, e: null } };
    expect(shiftPorts(document, 10_000)).toEqual({
      a: ['127.0.0.1:19901', '10.0.0.1:9901'],
      b: { c: '127.0.0.1:19930', d: 9901, e: null },
    });
  });
});
