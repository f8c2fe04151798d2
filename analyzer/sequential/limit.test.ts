import { describe, expect, it } from 'vitest';
import { binomial, seeded } from '../simulation/random.ts';
import { evidenceAbove } from './limit.ts';

describe('evidence that a share lies above its limit', () => {
  it('comes within a few requests when everything fails', () => {
    expect(evidenceAbove(3, 3, 0.05)).toBeGreaterThan(1_000);
    expect(evidenceAbove(1, 1, 0.05)).toBeLessThan(20);
  });

  it('never comes from requests that succeed', () => {
    for (const all of [1, 100, 1e6]) expect(evidenceAbove(0, all, 0.01)).toBeLessThan(1);
  });

  it('takes one for enough where none is allowed, and nothing where all are', () => {
    expect(evidenceAbove(1, 1e6, 0)).toBeGreaterThan(1e6);
    expect(evidenceAbove(0, 1e6, 0)).toBe(0);
    expect(evidenceAbove(10, 10, 1)).toBe(0);
  });

  it('stays finite for counts of any size', () => {
    expect(evidenceAbove(1e9, 1e9, 0.001)).toBeGreaterThan(1e299);
    expect(evidenceAbove(1e9, 1e9, 0.001)).toBeLessThan(Infinity);
    expect(evidenceAbove(0, 1e9, 0.001)).toBe(0);
  });

  it('raises a false alarm in at most 1 of 20 runs at evidence 20, looked at after every batch', () => {
    const random = seeded(7);
    let alarms = 0;
    for (let run = 0; run < 1_000; run++) {
      let bad = 0;
      for (let all = 10; all <= 2_000; all += 10) {
        bad += binomial(random, 10, 0.05);
        if (evidenceAbove(bad, all, 0.05) < 20) continue;
        alarms++;
        break;
      }
    }
    expect(alarms).toBeLessThan(70);
  });
});
