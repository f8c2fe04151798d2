import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { poissonPerformance } from '../sequential/methods/maxsprt-poisson.ts';
import { binomial, seeded } from '../simulation/random.ts';
import { isBehind, loadRatio } from './answering.ts';
import { countErrors, CRITICAL_VALUES, isOverLimit, MIN_ERRORS, startErrorLimit } from './error-limit.ts';
import { countAssigned, isMismatch, NO_SPLIT } from './split.ts';

describe('the guard on errors', () => {
  it('has critical values whose exact error is one in a thousand', () => {
    for (const [horizon, criticalValue] of CRITICAL_VALUES.filter(([h]) => h <= 100)) {
      const { power } = poissonPerformance({ horizon, criticalValue, minEvents: MIN_ERRORS }, 1);
      expect(power).toBeGreaterThan(0.00099);
      expect(power).toBeLessThan(0.00101);
    }
  });

  it('takes the shortest horizon that covers the plan, and the longest where there is none', () => {
    expect(startErrorLimit(11).horizon).toBe(30);
    expect(startErrorLimit(null).horizon).toBe(1_000);
    expect(startErrorLimit(1e9).horizon).toBe(1_000);
  });

  it('stops a candidate that fails outright after four requests, and never before three', () => {
    let limit = startErrorLimit(100);
    let requests = 0;
    while (!isOverLimit(limit)) limit = countErrors(limit, ++requests && 1, 1, 0.05);
    expect(requests).toBe(4);
    const none = countErrors(startErrorLimit(1), 2, 2, 0);
    expect(isOverLimit(none)).toBe(false);
  });

  it('still finds a crossing beyond its horizon', () => {
    const healthy = countErrors(startErrorLimit(10), 20_000, 800, 0.05);
    expect(isOverLimit(healthy)).toBe(false);
    expect(isOverLimit(countErrors(healthy, 5_000, 1_000, 0.05))).toBe(true);
  });

  it('raises few alarms at the limit itself, looked at after every tenth request', () => {
    const random = seeded(11);
    let alarms = 0;
    for (let run = 0; run < 2_000; run++) {
      let limit = startErrorLimit(50);
      for (let look = 0; look < 150 && !isOverLimit(limit); look++)
        limit = countErrors(limit, 10, binomial(random, 10, 0.05), 0.05);
      if (isOverLimit(limit)) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(6); // 2 expected at most, 7 has a chance of one in 200
  });

  it('is never nearer to an alarm when the limit was raised', () => {
    const batches = fc.array(fc.tuple(fc.nat(20), fc.nat(20)), { maxLength: 30 });
    fc.assert(
      fc.property(batches, fc.double({ min: 0, max: 0.5, noNaN: true }), (counted, more) => {
        const run = (share: number) =>
          counted.reduce((limit, [a, b]) => countErrors(limit, a + b, a, share), startErrorLimit(1_000));
        expect(run(0.05 + more).peak).toBeLessThanOrEqual(run(0.05).peak + 1e-9);
      }),
    );
  });
});

describe('the guard on the sample ratio', () => {
  const SHARES = [10_000, 100_000, 500_000];

  it('raises few alarms over changing weights, looked at all the time', () => {
    const random = seeded(5);
    let alarms = 0;
    for (let run = 0; run < 1_000; run++) {
      let split = NO_SPLIT;
      for (let look = 0; look < 150; look++) {
        const ppm = SHARES[Math.floor(look / 50)] ?? 0;
        const candidate = binomial(random, 100, ppm / 1e6);
        split = countAssigned(split, ppm, 100 - candidate, candidate);
      }
      if (isMismatch(split)) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(4);
  });

  it("finds that a tenth of the candidate's requests are missing", () => {
    const split = countAssigned(NO_SPLIT, 500_000, 10_000, 9_000);
    expect(isMismatch(split)).toBe(true);
  });

  it('does not care in which portions the requests were told', () => {
    const portions = fc.array(fc.tuple(fc.constantFrom(...SHARES), fc.nat(50), fc.nat(50)), { maxLength: 20 });
    fc.assert(
      fc.property(portions, (told) => {
        const one = told.reduce((split, [ppm, b, c]) => countAssigned(split, ppm, b, c), NO_SPLIT);
        const other = [...told].reverse().reduce((split, [ppm, b, c]) => countAssigned(split, ppm, b, c), NO_SPLIT);
        expect([...one.assigned].sort()).toEqual([...other.assigned].sort());
        expect(one.peak).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('leaves out what is not divided', () => {
    expect(countAssigned(NO_SPLIT, 1_000_000, 0, 500)).toEqual(NO_SPLIT);
    expect(countAssigned(NO_SPLIT, 0, 500, 0)).toEqual(NO_SPLIT);
  });
});

describe('the guard on throughput', () => {
  it('finds a candidate that answers nothing, and lets a busy one be', () => {
    const baseline = { started: 900, ended: 895 };
    expect(isBehind({ baseline, candidate: { started: 100, ended: 0 } }, 0.5)).toBe(true);
    expect(isBehind({ baseline, candidate: { started: 100, ended: 70 } }, 0.5)).toBe(false);
  });

  it('blames nobody for what both arms leave open', () => {
    expect(isBehind({ baseline: { started: 900, ended: 0 }, candidate: { started: 100, ended: 0 } }, 0.5)).toBe(false);
  });

  it('says nothing of a few requests, or without a baseline', () => {
    expect(isBehind({ baseline: { started: 180, ended: 180 }, candidate: { started: 19, ended: 0 } }, 0.5)).toBe(false);
    expect(isBehind({ baseline: { started: 0, ended: 0 }, candidate: { started: 500, ended: 0 } }, 0.5)).toBe(false);
  });
});

describe('the guard on saturation', () => {
  it('compares what is in flight share for share', () => {
    const flows = { baseline: { started: 900, ended: 810 }, candidate: { started: 100, ended: 50 } };
    expect(loadRatio(flows, 0.1)).toBeCloseTo(5);
    expect(loadRatio({ ...flows, candidate: { started: 100, ended: 85 } }, 0.1)).toBe(0);
  });
});
