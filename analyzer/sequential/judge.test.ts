import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Judgement } from '../../contracts/verdict.ts';
import { binomial, seeded } from '../simulation/random.ts';
import { hanging, lognormal, simulateBatch, simulateCalibration } from '../simulation/traffic.ts';
import type { TrafficModel } from '../simulation/traffic.ts';
import type { Batch, JudgeConfig, JudgeState } from './judge.ts';
import { judge, observe, startJudge, verdictOf } from './judge.ts';
import { addErrors, startSuccessRate } from './success-rate.ts';

const errors = { name: 'success-rate', margin: 0.005 } as const;
const latency = { name: 'latency', quantile: 0.99, tolerance: 0.1 } as const;
const both: JudgeConfig = { alpha: 0.01, metrics: [errors, latency] };
const usual = lognormal(20, 0.5);

function batch(ppm: number, baseline: [number, number], candidate: [number, number]): Batch {
  const arm = ([requests, failed]: [number, number]) => ({ requests, errors: failed, latency: [] });
  return { candidatePpm: ppm, baseline: arm(baseline), candidate: arm(candidate), judgeLatency: true };
}

/** Feeds small batches until the verdict is there. @returns the verdict and the candidate requests that it took */
function decide(seed: number, config: JudgeConfig, model: TrafficModel, maxRequests = 60_000, size = 20) {
  const random = seeded(seed);
  let state = startJudge(config, simulateCalibration(random, model.baseline, 1_000));
  for (let seen = 0; seen < maxRequests; seen += size) {
    state = observe(state, simulateBatch(random, model, size));
    const threshold = Math.log(config.metrics.length / config.alpha);
    const fail = state.metrics.some((m) => m.levels.regressed.peak >= threshold);
    if (fail || state.metrics.every((m) => m.levels.safe.peak >= threshold)) break;
  }
  const judgement = judge(state);
  return { verdict: judgement.verdict, requests: judgement.metrics[0]?.candidate.requests ?? 0 };
}

function medianRequests(config: JudgeConfig, model: TrafficModel, size: number, runs = 41): number {
  const found = Array.from({ length: runs }, (_, seed) => decide(seed, config, model, 200_000, size));
  expect(found.every((f) => f.verdict === 'FAIL')).toBe(true);
  return found.map((f) => f.requests).sort((a, b) => a - b)[runs >> 1] ?? Infinity;
}

describe('the sequential judge', () => {
  it('is pending without data, and its judgement fits the contract', () => {
    const judgement = judge(startJudge(both, { latency: [] }));
    expect(judgement.verdict).toBe('PENDING');
    expect(Judgement.parse(judgement)).toEqual(judgement);
    expect(judgement.metrics.map((m) => m.candidate.value)).toEqual([null, null]);
  });

  it('leaves the state that it was given as it was', () => {
    const random = seeded(1);
    const model = {
      share: 0.3,
      baseline: { errorRate: 0.1, latencyUs: usual },
      candidate: { errorRate: 0.1, latencyUs: usual },
    };
    const state = observe(
      startJudge(both, simulateCalibration(random, model.baseline, 500)),
      simulateBatch(random, model, 200),
    );
    const before = JSON.stringify(state);
    observe(state, simulateBatch(random, model, 500));
    expect(JSON.stringify(state)).toBe(before);
  });

  it('goes on from a state that was written as JSON exactly as if it had not been', () => {
    const random = seeded(2);
    const model = {
      share: 0.2,
      baseline: { errorRate: 0.02, latencyUs: usual },
      candidate: { errorRate: 0.03, latencyUs: usual },
    };
    let straight = startJudge(both, { latency: [] });
    let stored = straight;
    for (let i = 0; i < 30; i++) {
      const next = simulateBatch(random, { ...model, share: 0.1 + 0.01 * i }, 100);
      straight = observe(straight, next);
      stored = observe(JSON.parse(JSON.stringify(stored)) as JudgeState, next);
    }
    expect(judge(stored)).toEqual(judge(straight));
  });

  it('keeps FAIL after the candidate has recovered', () => {
    let state = startJudge({ alpha: 0.01, metrics: [errors] }, { latency: [] });
    state = observe(state, batch(100_000, [90, 0], [10, 8]));
    expect(judge(state).verdict).toBe('FAIL');
    for (let i = 0; i < 50; i++) state = observe(state, batch(100_000, [9_000, 90], [1_000, 0]));
    expect(judge(state).verdict).toBe('FAIL');
    expect(judge(state).metrics[0]?.eRegressed).toBeGreaterThanOrEqual(100);
  });

  it('fails a candidate that turns bad after it was safe', () => {
    let state = startJudge({ alpha: 0.01, metrics: [errors] }, { latency: [] });
    for (let i = 0; i < 40; i++) state = observe(state, batch(500_000, [100, 0], [100, 0]));
    expect(judge(state).verdict).toBe('PASS');
    for (let i = 0; i < 3; i++) state = observe(state, batch(500_000, [100, 0], [100, 30]));
    expect(judge(state).verdict).toBe('FAIL');
  });

  it('only shows what was counted while one arm had all the traffic', () => {
    let state = startJudge({ alpha: 0.01, metrics: [errors] }, { latency: [] });
    state = observe(state, batch(0, [1_000, 0], [0, 0]));
    state = observe(state, batch(1_000_000, [0, 0], [1_000, 1_000]));
    const [metric] = judge(state).metrics;
    expect(metric).toMatchObject({
      verdict: 'PENDING',
      eRegressed: 1,
      eSafe: 1,
      candidate: { requests: 1_000, value: 1 },
    });
  });

  it('stays finite with counts of a billion, all errors or none', () => {
    for (const failed of [0, 1e9]) {
      let state = startJudge({ alpha: 0.01, metrics: [errors] }, { latency: [] });
      for (const ppm of [1, 500_000, 999_999]) state = observe(state, batch(ppm, [1e9, 1e9 - failed], [1e9, failed]));
      const judgement = judge(state);
      expect(Judgement.parse(judgement)).toEqual(judgement);
      expect(judgement.metrics[0]?.eRegressed).toBeLessThanOrEqual(1e300);
    }
  });

  it('makes a judgement that fits the contract of whatever it is fed', () => {
    const arm = fc
      .tuple(fc.nat(2_000), fc.double({ min: 0, max: 1, noNaN: true }), fc.uniqueArray(fc.nat(1_983), { maxLength: 6 }))
      .map(([requests, share, buckets]) => ({
        requests,
        errors: Math.floor(requests * share),
        latency: buckets
          .sort((a, b) => a - b)
          .map((bucket): [number, number] => [bucket, Math.floor(requests / buckets.length)]),
      }));
    const fed = fc.record({
      candidatePpm: fc.constantFrom(0, 1, 10_000, 100_000, 500_000, 999_999, 1_000_000),
      baseline: arm,
      candidate: arm,
      judgeLatency: fc.boolean(),
    });
    const config = fc.record({
      alpha: fc.constantFrom(1e-6, 0.01, 0.2),
      metrics: fc.tuple(
        fc.record({ name: fc.constant('success-rate' as const), margin: fc.constantFrom(0.0001, 0.005, 0.5, 1) }),
        fc.record({
          name: fc.constant('latency' as const),
          quantile: fc.constantFrom(0.01, 0.5, 0.99, 0.9999),
          tolerance: fc.constantFrom(0, 0.1, 5),
        }),
      ),
    });
    fc.assert(
      fc.property(config, fc.array(fed, { maxLength: 12 }), (c, batches) => {
        const state = batches.reduce(observe, startJudge(c, { latency: batches[0]?.baseline.latency ?? [] }));
        const judgement = judge(state);
        expect(verdictOf(state)).toBe(judgement.verdict);
        expect(Judgement.parse(judgement)).toEqual(judgement);
        expect(JSON.stringify(judgement)).not.toMatch(/NaN|Infinity/);
        for (const { interval, effect } of judgement.metrics) {
          if (interval) expect(interval[0]).toBeLessThanOrEqual(interval[1]);
          if (interval && effect !== null) expect(effect).toBeGreaterThanOrEqual(interval[0] - 0.02);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('passes a clean candidate also when everything comes in one report', () => {
    const state = observe(
      startJudge({ alpha: 0.01, metrics: [errors] }, { latency: [] }),
      batch(500_000, [8_000, 0], [8_000, 0]),
    );
    expect(judge(state).verdict).toBe('PASS');
  });

  it('passes at most alpha of the candidates that are worse by the margin, while the common rate swings', () => {
    const random = seeded(8);
    let passed = 0;
    for (let run = 0; run < 300; run++) {
      const state = startSuccessRate(0.01);
      for (let look = 0; look < 400; look++) {
        const rate = 0.01 * 10 ** (0.5 * Math.sin(look / 20));
        const n = binomial(random, 60, look < 200 ? 0.1 : 0.5);
        const baselineErrors = binomial(random, 60 - n, rate);
        addErrors(
          state,
          batch(look < 200 ? 100_000 : 500_000, [60 - n, baselineErrors], [n, binomial(random, n, rate + 0.01)]),
        );
      }
      if (state.levels.safe.peak >= Math.log(20)) passed++;
    }
    expect(passed / 300).toBeLessThanOrEqual(0.05 + 0.03);
  });

  it('leaves requests of a warm-up out of the latency', () => {
    const random = seeded(3);
    const slow = {
      share: 0.5,
      baseline: { errorRate: 0, latencyUs: usual },
      candidate: { errorRate: 0, latencyUs: lognormal(200, 0.5) },
    };
    const state = observe(startJudge(both, simulateCalibration(random, slow.baseline, 1_000)), {
      ...simulateBatch(random, slow, 1_000),
      judgeLatency: false,
    });
    expect(judge(state).metrics[1]).toMatchObject({ verdict: 'PENDING', eRegressed: 1, candidate: { requests: 0 } });
  });

  it('learns where to look from the first baseline requests when none were measured before', () => {
    const random = seeded(4);
    const slow = {
      share: 0.5,
      baseline: { errorRate: 0, latencyUs: usual },
      candidate: { errorRate: 0, latencyUs: lognormal(40, 0.5) },
    };
    let state = startJudge({ alpha: 0.01, metrics: [latency] }, { latency: [] });
    for (let i = 0; i < 40; i++) state = observe(state, simulateBatch(random, slow, 20));
    expect(judge(state).verdict).toBe('FAIL');
  });

  const slow = { name: 'latency', quantile: 0.9, tolerance: 0.25 } as const;
  const arm = (errorRate: number, medianMs = 20) => ({ errorRate, latencyUs: lognormal(medianMs, 0.5) });
  it.each([
    ['FAIL of errors', errors, 0.1, arm(0.001), arm(0.01)],
    ['PASS of errors', errors, 0.5, arm(0.001), arm(0.001)],
    ['FAIL of latency', slow, 0.5, arm(0), arm(0, 24)],
    ['PASS of latency', slow, 0.5, arm(0), arm(0)],
  ])('says half way how many candidate requests are missing, right within a factor of two: %s', (...of) => {
    const [, metric, share, baseline, candidate] = of;
    const ratios = Array.from({ length: 21 }, (_, seed) => {
      const random = seeded(seed + 1);
      let state = startJudge({ alpha: 0.01, metrics: [metric] }, simulateCalibration(random, baseline, 2_000));
      const told: { readonly seen: number; readonly missing: number }[] = [];
      while (verdictOf(state) === 'PENDING') {
        state = observe(state, simulateBatch(random, { share, baseline, candidate }, 50));
        const [shown] = judge(state).metrics;
        told.push({ seen: shown?.candidate.requests ?? 0, missing: shown?.missingCandidateRequests ?? Infinity });
      }
      const all = told.at(-1)?.seen ?? 0;
      const half = told.find(({ seen }) => seen >= all / 2);
      return half ? half.missing / (all - half.seen) : NaN;
    });
    const median = ratios.sort((a, b) => a - b)[10];
    expect(median).toBeGreaterThan(0.5);
    expect(median).toBeLessThan(2);
  });
});

describe('the power of the sequential judge, alpha 0.01', () => {
  const healthy = { errorRate: 0.001 };
  const failing = (errorRate: number): TrafficModel => ({ share: 0.1, baseline: healthy, candidate: { errorRate } });

  it.each([
    [0.5, 11],
    [0.05, 120],
    [0.01, 750],
  ])(
    'finds an error rate of %f within %i candidate requests at a share of 10 percent, with two metrics',
    (rate, limit) => {
      expect(medianRequests(both, failing(rate), rate > 0.1 ? 1 : 10)).toBeLessThanOrEqual(limit);
    },
  );

  it('finds latency that is 25 percent higher within 700 requests of each arm', () => {
    const model = {
      share: 0.5,
      baseline: { errorRate: 0, latencyUs: usual },
      candidate: { errorRate: 0, latencyUs: lognormal(25, 0.5) },
    };
    expect(medianRequests(both, model, 20)).toBeLessThanOrEqual(700);
  });

  it('finds one request in a hundred that hangs within 4,000 requests of each arm', () => {
    const candidate = { errorRate: 0, latencyUs: hanging(usual, 0.01, 2_000) };
    const model = { share: 0.5, baseline: { errorRate: 0, latencyUs: usual }, candidate };
    expect(medianRequests(both, model, 50, 21)).toBeLessThanOrEqual(4_000);
  });

  it('passes a healthy candidate and fails hardly any', () => {
    const arm = { errorRate: 0.001, latencyUs: lognormal(20, 0.1) };
    const verdicts = Array.from(
      { length: 60 },
      (_, seed) =>
        decide(seed, { ...both, alpha: 0.05 }, { share: 0.5, baseline: arm, candidate: arm }, 20_000, 50).verdict,
    );
    expect(verdicts.filter((v) => v === 'FAIL').length).toBeLessThanOrEqual(6);
    expect(verdicts.filter((v) => v === 'PASS').length).toBeGreaterThanOrEqual(50);
  });

  it('takes equal latencies for equal, even when every request takes the same time', () => {
    const arm = { errorRate: 0, latencyUs: () => 5_000 };
    expect(decide(1, both, { share: 0.25, baseline: arm, candidate: arm }).verdict).toBe('PASS');
  });
});
