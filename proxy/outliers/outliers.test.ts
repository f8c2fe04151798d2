import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutlierDetection } from '../../contracts/outlier-detection.ts';
import { Detector } from './detector.ts';
import type { Watched } from './detector.ts';
import { ejectionMs, judge, mayEject, newOutlierState, successRateThreshold } from './outlier-state.ts';

type Setup = { readonly detector: Detector<Watched>; readonly members: Watched[]; readonly changes: unknown[] };

function detectorOf(n: number, spec: unknown = {}): Setup {
  const members = Array.from({ length: n }, () => ({ outlier: newOutlierState(), sinceMs: 0 }));
  const changes: unknown[] = [];
  const detector = new Detector(members, {
    spec: OutlierDetection.parse(spec),
    nowMs: 0,
    chance: () => 0,
    onChange: () => void changes.push(undefined),
    onEjected: (_, why) => void changes.push(why),
  });
  return { detector, members, changes };
}

const out = ({ members }: Setup): number[] =>
  members.flatMap((m, i) => (m.outlier.ejectedUntilMs === undefined ? [] : [i]));

function fail({ detector, members }: Setup, who: number, times: number, nowMs = 0, status = 500): void {
  for (let i = 0; i < times; i++) detector.observe(members[who] as Watched, 'answered', status, nowMs);
}

describe('what an attempt says of its endpoint', () => {
  it.each([
    ['answered', 200, 'success'],
    ['answered', 404, 'success'],
    ['answered', 500, 'failure'],
    ['answered', 503, 'gateway-error'],
    ['status', 503, 'gateway-error'],
    ['status', 429, 'success'],
    ['reset', 0, 'gateway-error'],
    ['connect', 0, 'gateway-error'],
    ['timeout', 0, 'gateway-error'],
    ['malformed', 0, 'gateway-error'],
    ['abandoned', 0, 'nothing'],
    ['no-endpoint', 0, 'nothing'],
    ['overflow', 0, 'nothing'],
  ] as const)('%s %i: %s', (outcome, status, expected) => {
    expect(judge(outcome, status)).toBe(expected);
  });
});

describe('failures in a row', () => {
  it('eject at the fifth, and a success in between begins anew', () => {
    const setup = detectorOf(10);
    fail(setup, 3, 4);
    fail(setup, 3, 1, 0, 200);
    fail(setup, 3, 4);
    expect(out(setup)).toEqual([]);
    fail(setup, 3, 1);
    expect(out(setup)).toEqual([3]);
    expect(setup.changes).toEqual(['consecutive-5xx']);
  });

  it('of the gateway count by themselves where asked for', () => {
    const setup = detectorOf(10, { consecutive5xx: 0, consecutiveGatewayErrors: 2 });
    fail(setup, 1, 9, 0, 500);
    fail(setup, 1, 1, 0, 503);
    fail(setup, 1, 1, 0, 500);
    expect(out(setup)).toEqual([]);
    fail(setup, 1, 2, 0, 504);
    expect(out(setup)).toEqual([1]);
    expect(setup.changes).toEqual(['consecutive-gateway-error']);
  });

  it('eject no more than the share allowed, but always one', () => {
    for (const [n, percent, most] of [
      [3, 10, 1],
      [20, 10, 2],
      [10, 50, 5],
      [4, 100, 4],
    ] as const) {
      const setup = detectorOf(n, { maxEjectionPercent: percent });
      for (let i = 0; i < n; i++) fail(setup, i, 5);
      expect(out(setup)).toHaveLength(most);
    }
  });
});

describe('an ejection', () => {
  it('lasts longer each time, and is forgiven interval by interval', () => {
    const setup = detectorOf(10);
    fail(setup, 0, 5);
    setup.detector.sweep(29_999);
    expect(out(setup)).toEqual([0]);
    setup.detector.sweep(30_000);
    expect(out(setup)).toEqual([]);
    expect(setup.members[0]?.sinceMs).toBe(30_000);
    fail(setup, 0, 5, 31_000);
    expect(setup.members[0]?.outlier.ejectedUntilMs).toBe(31_000 + 60_000);
    for (const nowMs of [91_000, 101_000, 111_000]) setup.detector.sweep(nowMs); // back in, and two intervals without one
    fail(setup, 0, 5, 111_001);
    expect(setup.members[0]?.outlier.ejectedUntilMs).toBe(111_001 + 30_000);
    expect(setup.changes).toEqual(['consecutive-5xx', undefined, 'consecutive-5xx', undefined, 'consecutive-5xx']);
  });

  it.each([
    [1, 30_000],
    [2, 60_000],
    [10, 300_000],
    [99, 300_000],
  ])('number %i lasts %i ms', (n, ms) => {
    expect(ejectionMs(n, OutlierDetection.parse({}), 0.9)).toBe(ms);
  });

  it('lasts up to the jitter longer, and at least its base whatever the maximum', () => {
    const spec = OutlierDetection.parse({ baseEjection: '10m', maxEjection: '1m', jitter: '10s' });
    expect(ejectionMs(3, spec, 0.5)).toBe(605_000);
  });
});

describe('what another worker has ejected', () => {
  it('is ejected here, as long as there, within the cap, and comes back', () => {
    const setup = detectorOf(10);
    const [one, other] = setup.members as [Watched, Watched];
    setup.detector.adopt(one, 5_000, 2, 1_000);
    setup.detector.adopt(other, 5_000, 1, 1_000);
    expect(out(setup)).toEqual([0]);
    setup.detector.sweep(5_999);
    expect(out(setup)).toEqual([0]);
    setup.detector.sweep(6_000);
    expect(out(setup)).toEqual([]);
    fail(setup, 0, 5, 7_000);
    expect(one.outlier.ejectedUntilMs).toBe(7_000 + 90_000); // the third in a row
  });
});

describe('the success rate', () => {
  it('of Envoy’s documentation has its threshold', () => {
    expect(successRateThreshold([0.5, 1, 1, 1, 1], 1.9)).toBeCloseTo(0.52, 9);
  });

  it('ejects who is far below the others, at the end of an interval', () => {
    const setup = detectorOf(10, { consecutive5xx: 0 });
    for (let i = 0; i < 10; i++) {
      fail(setup, i, 100, 0, 200);
      if (i === 7) fail(setup, i, 100);
    }
    setup.detector.sweep(9_999);
    expect(out(setup)).toEqual([]);
    setup.detector.sweep(10_000);
    expect(out(setup)).toEqual([7]);
    expect(setup.changes).toEqual(['success-rate']);
  });

  it.each([
    ['too few endpoints', 4, 200],
    ['too few requests', 10, 99],
  ])('is not judged with %s', (_, n, requests) => {
    const setup = detectorOf(n, { consecutive5xx: 0, maxEjectionPercent: 100 });
    for (let i = 0; i < n; i++) fail(setup, i, requests, 0, i === 0 ? 500 : 200);
    setup.detector.sweep(10_000);
    expect(out(setup)).toEqual([]);
  });
});

describe('the cap', () => {
  it('holds whatever happens, and one may always go', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 100 }),
        (ejected, all, percent) => {
          const spec = OutlierDetection.parse({ maxEjectionPercent: percent });
          if (ejected === 0) expect(mayEject(0, all, spec)).toBe(true);
          else expect(mayEject(ejected, all, spec)).toBe((ejected + 1) * 100 <= all * percent);
        },
      ),
    );
  });
});
