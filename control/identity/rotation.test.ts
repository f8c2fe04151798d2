import fc from 'fast-check';
import { expect, it } from 'vitest';
import { spansOf, stagesOf } from './rotation.ts';

it('lets a new root be known before it signs, and the old one stay until nothing of it is left', () => {
  const spans = spansOf([0, 1_000], 100);
  const at = (ms: number): string[] => stagesOf(spans, ms);
  expect(at(999)).toEqual(['signing', 'coming']);
  expect(at(1_099)).toEqual(['signing', 'coming']);
  expect(at(1_100)).toEqual(['leaving', 'signing']);
  expect(at(1_199)).toEqual(['leaving', 'signing']);
  expect(at(1_200)).toEqual(['gone', 'signing']);
});

it('always has exactly one root that signs, even when a clock is set back', () => {
  const gaps = fc.array(fc.integer({ min: 201, max: 1_000 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: -500, max: 6_000 }), (between, now) => {
      let at = 0;
      const stages = stagesOf(
        spansOf(
          between.map((gap) => (at += gap)),
          100,
        ),
        now,
      );
      expect(stages.filter((stage) => stage === 'signing')).toHaveLength(1);
    }),
  );
});

it('trusts each certificate for as long as it lasts, wherever it was given out', () => {
  const overlapMs = 100;
  fc.assert(
    fc.property(fc.integer({ min: -300, max: 600 }), fc.integer({ min: 0, max: overlapMs - 1 }), (signedMs, ageMs) => {
      const spans = spansOf([-1_000, 0], overlapMs);
      const signer = stagesOf(spans, signedMs).indexOf('signing');
      // The peer learned the bundle at some time within one lifetime before it looks.
      for (const learnedMs of [signedMs + ageMs, signedMs + ageMs - overlapMs + 1]) {
        expect(stagesOf(spans, learnedMs)[signer]).not.toBe('gone');
        expect(learnedMs >= 0 || signer === 0, 'the peer knew of the root').toBe(true);
      }
    }),
  );
});
