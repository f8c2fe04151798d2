import { describe, expect, it } from 'vitest';
import { count, effect, interval, metricValue, milliseconds, percent, weight } from './figures.ts';

describe('figures', () => {
  it('never shows a figure that is not known as zero', () => {
    expect([percent(null), milliseconds(null), weight(null), effect('ms', null), interval('ms', null)]).toEqual(
      Array.from({ length: 5 }, () => '-'),
    );
  });

  it('groups thousands', () => {
    expect([count(7), count(1_234), count(1_234_567)]).toEqual(['7', '1,234', '1,234,567']);
  });

  it('gives effects their sign and unit', () => {
    expect(effect('share', 0.0494)).toBe('+4.94 pp');
    expect(effect('ms', -0.06)).toBe('-6%');
    expect(effect('share', -0.000001)).toBe('0 pp');
  });

  it('shows weights with one decimal where it matters', () => {
    expect([weight(100_000), weight(25_400), weight(0)]).toEqual(['10%', '2.5%', '0%']);
  });

  it('keeps milliseconds to the digits that mean something', () => {
    expect([metricValue('ms', 1.234), metricValue('ms', 14.25), metricValue('ms', 412.7)]).toEqual([
      '1.23 ms',
      '14.3 ms',
      '413 ms',
    ]);
  });

  it('calls a bound that says nothing infinite', () => {
    expect(interval('ms', [-0.1, 1e9])).toBe('[-10, inf]%');
  });
});
