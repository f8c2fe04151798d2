import { describe, expect, it } from 'vitest';
import type { FieldDifference } from '../../contracts/verdict.ts';
import { copiesSentence, openFields, safeSentence, sharesOf } from './differences.ts';

function field(changes: Partial<FieldDifference> = {}): FieldDifference {
  return {
    path: 'body.price',
    verdict: 'FAIL',
    noise: 0,
    pairs: 200,
    candidateOnly: 8,
    againOnly: 2,
    both: 10,
    excess: 0.03,
    interval: [0.01, 0.05],
    margin: 0.01,
    eValue: 900,
    threshold: 800,
    examples: [],
    ...changes,
  };
}

describe('the fields of a shadow in words', () => {
  it('are those that differ or are open; the others are counted', () => {
    const fields = openFields([field(), field({ path: 'body.at', verdict: 'PASS' }), field({ verdict: 'PENDING' })]);
    expect(fields.open.map(({ verdict }) => verdict)).toEqual(['FAIL', 'PENDING']);
    expect(fields.safe).toBe(1);
    expect(safeSentence(1)).toMatch(/^1 more field differs by itself/);
    expect(safeSentence(12)).toMatch(/^12 more fields differ by themselves/);
  });

  it('differ by themselves in what both second answers say, never out of nothing', () => {
    expect(sharesOf(field())).toEqual({ candidate: 0.09, itself: 0.06 });
    expect(sharesOf(field({ pairs: 0 }))).toEqual({ candidate: null, itself: null });
  });

  it('say what was copied, and that the noise is learnt first', () => {
    const copies = { mirrored: 1_200, dropped: 3, learnt: 40, learn: 100, compared: 0 };
    expect(copiesSentence(copies)).toBe('1,200 requests copied; learning what differs by itself: 40 of 100');
    expect(copiesSentence({ ...copies, learnt: 100, compared: 900 })).toBe(
      '1,200 requests copied, 900 answers compared, 3 comparisons dropped',
    );
  });
});
