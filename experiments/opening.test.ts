import { describe, expect, it } from 'vitest';
import { Freeze, PromotionWindow } from '../contracts/promotion-windows.ts';
import { openingAt } from './opening.ts';

type Spec = Record<string, unknown>;

function at(time: string, windows: readonly Spec[], freezes: readonly Spec[] = []): string {
  const calendar = {
    windows: windows.map((w) => PromotionWindow.parse(w)),
    freezes: freezes.map((f) => Freeze.parse(f)),
  };
  const { isOpen, says } = openingAt(calendar, new Date(time));
  return isOpen ? 'open' : says;
}

const OFFICE = { days: ['mon', 'tue', 'wed', 'thu'], from: '09:00', to: '16:00', zone: 'Europe/Berlin' };

describe('a promotion window', () => {
  it('is open on its days, from its beginning up to its end, in its own time zone', () => {
    // 2026-11-23 is a Monday; Berlin is an hour ahead of UTC in winter, two in summer.
    expect(at('2026-11-23T08:00:00Z', [OFFICE])).toBe('open');
    expect(at('2026-11-23T14:59:59Z', [OFFICE])).toBe('open');
    expect(at('2026-11-23T15:00:00Z', [OFFICE])).toMatch(/^outside of its windows; it opens 2026-11-24 09:00/);
    expect(at('2026-11-23T07:59:00Z', [OFFICE])).toMatch(/opens 2026-11-23 09:00 \(Europe\/Berlin\)$/);
    expect(at('2026-07-20T07:00:00Z', [OFFICE])).toBe('open');
    expect(at('2026-07-20T06:59:00Z', [OFFICE])).not.toBe('open');
  });

  it('says when it opens next, over the weekend too', () => {
    expect(at('2026-11-26T16:00:00Z', [OFFICE])).toBe(
      'outside of its windows; it opens 2026-11-30 09:00 (Europe/Berlin)',
    );
  });

  it('over midnight belongs to the day on which it opens', () => {
    const night = { days: ['sat'], from: '22:00', to: '02:00' };
    expect(at('2026-11-28T22:00:00Z', [night])).toBe('open');
    expect(at('2026-11-29T01:59:00Z', [night])).toBe('open');
    expect(at('2026-11-29T02:00:00Z', [night])).not.toBe('open');
    expect(at('2026-11-28T01:00:00Z', [night])).not.toBe('open');
  });

  it('is one of several; without any, it is always open', () => {
    const lunch = { from: '12:00', to: '13:00' };
    expect(at('2026-11-29T12:30:00Z', [OFFICE, lunch])).toBe('open');
    expect(at('2026-11-29T03:00:00Z', [])).toBe('open');
  });

  it('keeps summer time: it opens at the same local time before and after the change', () => {
    const daily = { from: '09:00', to: '10:00', zone: 'Europe/Berlin' };
    // The clocks went forward on 2026-03-29.
    expect(at('2026-03-28T08:30:00Z', [daily])).toBe('open');
    expect(at('2026-03-30T07:30:00Z', [daily])).toBe('open');
    expect(at('2026-03-28T12:00:00Z', [daily])).toMatch(/opens 2026-03-29 09:00/);
  });
});

describe('a freeze', () => {
  const YEAR_END = { from: '2026-12-20', to: '2027-01-04', zone: 'Europe/Berlin', reason: 'holidays' };

  it('closes every window, from its first minute to the end of its last day', () => {
    expect(at('2026-12-19T22:59:00Z', [], [YEAR_END])).toBe('open');
    expect(at('2026-12-19T23:00:00Z', [], [YEAR_END])).toBe(
      'frozen until 2027-01-04 (holidays); it opens 2027-01-05 00:00 (Europe/Berlin)',
    );
    expect(at('2027-01-04T22:59:00Z', [], [YEAR_END])).not.toBe('open');
    expect(at('2027-01-04T23:00:00Z', [], [YEAR_END])).toBe('open');
    expect(at('2026-12-21T09:00:00Z', [OFFICE], [YEAR_END])).toMatch(/it opens 2027-01-05 09:00 \(Europe\/Berlin\)$/);
  });

  it('may begin and end in the middle of a day', () => {
    const evening = { from: '2026-11-27T18:00', to: '2026-11-27T20:30' };
    expect(at('2026-11-27T17:59:00Z', [], [evening])).toBe('open');
    expect(at('2026-11-27T20:29:00Z', [], [evening])).not.toBe('open');
    expect(at('2026-11-27T20:30:00Z', [], [evening])).toBe('open');
  });
});

describe('what cannot be', () => {
  it.each<[string, () => unknown]>([
    ['a zone that nobody knows', () => PromotionWindow.parse({ zone: 'Mars/Olympus' })],
    ['a time that no clock shows', () => PromotionWindow.parse({ from: '9:75' })],
    ['a window without length', () => PromotionWindow.parse({ from: '09:00', to: '09:00' })],
    ['a freeze that ends before it begins', () => Freeze.parse({ from: '2027-01-04', to: '2026-12-20' })],
    ['a date that is none', () => Freeze.parse({ from: '2026-13-01', to: '2027-01-01' })],
  ])('is refused: %s', (_name, parse) => {
    expect(parse).toThrow();
  });
});
