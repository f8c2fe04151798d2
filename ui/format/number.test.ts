import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  formatCount,
  formatEffect,
  formatErrors,
  formatEvidence,
  formatInterval,
  formatMs,
  formatRate,
  formatSuccess,
  formatWeight,
  MISSING,
} from './number.ts';

describe('numbers', () => {
  test('never show 100% success while something failed, nor 0% errors', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 0.5, noNaN: true }), (failed) => {
        expect(formatSuccess(1 - failed)).not.toBe('100%');
        expect(formatSuccess(1 - failed)).not.toBe('100.00%');
        expect(parseFloat(formatErrors(failed))).toBeGreaterThan(0);
      }),
    );
    expect(formatSuccess(0.99996)).toBe('99.99%');
    expect(formatSuccess(0.995)).toBe('99.50%');
    expect([formatSuccess(1), formatErrors(0)]).toEqual(['100%', '0%']);
  });

  test('are a dash where there is no data, never a zero', () => {
    const all = [formatSuccess(null), formatErrors(null), formatMs(null), formatWeight(null), formatEffect(null, 'ms')];
    expect(all).toEqual(all.map(() => MISSING));
  });

  test('carry the digits that matter at their size', () => {
    expect([0.4, 4.24, 142.3, 1_420].map(formatMs)).toEqual(['0.40 ms', '4.2 ms', '142 ms', '1.42 s']);
    expect([10_000, 25_000, 1_000, 500_000, 246_113].map(formatWeight)).toEqual([
      '1%',
      '2.5%',
      '0.10%',
      '50%',
      '24.6%',
    ]);
    expect([0, 0.4, 9.94, 212.4].map(formatRate)).toEqual(['0', '0.4', '9.9', '212']);
    expect([12, 4_512, 120_400, 2_345_678].map(formatCount)).toEqual(['12', '4,512', '120k', '2.35M']);
  });

  test('give an effect its sign and its unit', () => {
    expect(formatEffect(0.0042, 'share')).toBe('+0.42 pp');
    expect(formatEffect(-0.031, 'ms')).toBe('−3.1%');
    expect(formatEffect(-0.00001, 'share')).toBe('±0.00 pp');
    expect(formatEffect(1.4, 'ms')).toBe('+140%');
    expect(formatInterval([-0.0018, 0.0021], 'share')).toBe('−0.18 to +0.21 pp');
  });

  test('write e-values as far as they can be read', () => {
    expect([0.001, 0.42, 87.9, 5_054, 1e300].map(formatEvidence)).toEqual(['< 0.01', '0.42', '87', '5,054', '10³⁰⁰']);
  });
});
