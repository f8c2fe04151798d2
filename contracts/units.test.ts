import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Duration, formatDuration, parseAddress, parseDuration, parseSize, Percent, Tolerance } from './units.ts';

describe('durations', () => {
  it('are read with their units, and added up', () => {
    expect(['250ms', '2s', '1.5s', '1h30m', '1d'].map(parseDuration)).toEqual([
      250, 2_000, 1_500, 5_400_000, 86_400_000,
    ]);
  });

  it('are refused without a unit, or with one that is not known', () => {
    for (const text of ['', '30', '2 s', '2sec', '-1s', 's']) expect(parseDuration(text)).toBeUndefined();
    expect(Duration.safeParse('30').error?.issues[0]?.message).toContain('write a number with a unit');
  });

  it('are written so that they can be read again', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 86_400 }), (seconds) => {
        expect(parseDuration(formatDuration(seconds * 1_000))).toBe(seconds * 1_000);
      }),
    );
  });
});

describe('shares', () => {
  it('are percent outside and parts per million inside, fractions included', () => {
    expect([0, 0.01, 2.5, 100].map((p) => Percent.parse(p))).toEqual([0, 100, 25_000, 1_000_000]);
  });

  it('are refused beyond the whole', () => {
    expect(Percent.safeParse(100.1).success).toBe(false);
    expect(Percent.safeParse(-1).success).toBe(false);
  });

  it('tolerances are written with their sign', () => {
    expect(Tolerance.parse('10%')).toBe(0.1);
    expect(Tolerance.safeParse('10').success).toBe(false);
  });
});

describe('sizes', () => {
  it('are bytes, by thousands or by powers of two as their unit says', () => {
    expect(['0B', '512B', '64KiB', '1.5kB', '10MB', '1GiB'].map(parseSize)).toEqual([
      0, 512, 65_536, 1_500, 10_000_000, 1_073_741_824,
    ]);
    for (const text of ['10', '10 MB', '-1B', 'MB', '1KB']) expect(parseSize(text)).toBeUndefined();
  });
});

describe('addresses', () => {
  it('have a host and a port', () => {
    expect(parseAddress('127.0.0.1:80')).toEqual({ host: '127.0.0.1', port: 80 });
    expect(parseAddress('[::1]:8080')).toEqual({ host: '::1', port: 8_080 });
  });

  it('are refused without a port, or with one that does not exist', () => {
    for (const text of ['127.0.0.1', '::1:80', 'a b:80', 'host:65536', ':80'])
      expect(parseAddress(text)).toBeUndefined();
  });
});
