import { describe, expect, it } from 'vitest';
import { Check } from '../../contracts/check.ts';
import { normal, seeded } from '../simulation/random.ts';
import { NOT_MEASURED } from '../threshold/check-counts.ts';
import { countPoint, judgeKayentaCheck } from './live-check.ts';

const RUNS = 100;
const POINTS = 50;

const check = Check.parse({
  name: 'c',
  judge: 'kayenta',
  metric: { name: 'latency' },
  interval: '1s',
  kayenta: { points: POINTS },
});

/** Of runs with five judgements each, those that failed. */
function failed(candidateMean: number, seed: number): number {
  const random = seeded(seed);
  let failures = 0;
  for (let run = 0; run < RUNS; run++) {
    let counts = NOT_MEASURED;
    for (let i = 0; i < 5 * POINTS; i++) {
      const point = { baseline: 100 + 10 * normal(random), candidate: candidateMean + 10 * normal(random) };
      counts = countPoint(counts, check, point, '');
    }
    if (judgeKayentaCheck(check, counts).verdict === 'FAIL') failures++;
  }
  return failures / RUNS;
}

describe("Kayenta's judge of a running release", () => {
  it('judges each point once: five judgements fail a healthy candidate in at most one run of twenty', () => {
    expect(failed(100, 7)).toBeLessThanOrEqual(0.05);
  });

  it('finds a candidate that is worse by a standard deviation', () => {
    expect(failed(110, 7)).toBeGreaterThan(0.99);
  });

  it('waits for enough points, and then begins with new ones', () => {
    let counts = NOT_MEASURED;
    for (let i = 0; i < POINTS - 1; i++) counts = countPoint(counts, check, { baseline: i, candidate: i }, '');
    expect(counts.measurements).toBe(0);
    expect(judgeKayentaCheck(check, counts)).toMatchObject({ verdict: 'PENDING' });
    counts = countPoint(counts, check, { baseline: 1, candidate: 2 }, '');
    expect(counts.measurements).toBe(1);
    expect(counts.points.candidate).toEqual([]);
    expect(judgeKayentaCheck(check, counts)).toMatchObject({ verdict: 'PASS', failed: 0 });
  });

  it('counts a judgement without data neither way', () => {
    let counts = NOT_MEASURED;
    for (let i = 0; i < POINTS; i++) counts = countPoint(counts, check, { baseline: null, candidate: i }, '');
    expect(judgeKayentaCheck(check, counts)).toMatchObject({ verdict: 'PENDING', measurements: 0 });
    expect(counts.judged).toContain('no data in control');
  });
});
