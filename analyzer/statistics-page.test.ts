/** Recomputes every worked example of docs/statistics.md. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goalEffect } from './arms/goal-effect.ts';
import { sampleRatioEvidence } from './arms/sample-ratio.ts';
import { addOrigins, NO_CLUSTERS } from './clusters/origins.ts';
import { countErrors, criticalValueOf, isOverLimit, startErrorLimit } from './guards/error-limit.ts';
import { countAssigned, NO_SPLIT, splitEvidence } from './guards/split.ts';
import { errorsToFail, errorsToPass } from './power/errors.ts';
import { addEvents, attributionLogE, startAttribution } from './sequential/attribution.ts';
import { count } from './sequential/wording.ts';
import { differsLogE, discoveryThreshold, safeLogE } from './shadow/evidence.ts';
import { asymptoticCs } from './sequential/methods/asymptotic-cs.ts';
import { binomialCriticalValue, binomialLlr } from './sequential/methods/maxsprt-binomial.ts';
import { addCounts, startTwoArm, twoArmLogE } from './sequential/two-arm.ts';
import { effectiveSize } from './series/autocorrelation.ts';
import { judgeKayentaSeries } from './series/kayenta.ts';
import { judgeThresholdSeries } from './series/threshold.ts';
import { seeded } from './simulation/random.ts';

const page = readFileSync(new URL('../docs/statistics.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');
const says = (text: string): void => expect(page).toContain(text);

function errorsE(baseline: number, candidate: number): string {
  const process = startAttribution();
  addEvents(process, 100_000, baseline, candidate);
  return Math.exp(attributionLogE(process)).toPrecision(3);
}

describe('the worked examples of docs/statistics.md', () => {
  it('errors', () => {
    says(`After one the e-value is ${errorsE(0, 1)}, after two ${errorsE(0, 2)}, after three ${errorsE(0, 3)}:`);
    says(`With two more failures on the baseline it is ${errorsE(2, 3)}:`);
  });

  it('clusters', () => {
    const of = (failed: (i: number) => number) =>
      addOrigins(NO_CLUSTERS, {
        clients: [],
        endpoints: Array.from({ length: 9 }, (_, i): [string, number, number] => [`${i}`, 100, failed(i)]),
      }).endpoints;
    const one = of((i) => (i === 0 ? 100 : 0));
    says(`a hundred requests each: ${one.errors} of its ${one.errors + one.leftOut} errors counts.`);
    says(`all ${of(() => 50).errors} count.`);
  });

  it('safe within the margin, and power', () => {
    says(`about ${errorsToPass({ alpha: 0.01, candidatePpm: 500_000 }, 0.001, 0.01)} candidate requests to PASS`);
    says(`is found after about ${errorsToFail({ alpha: 0.01, candidatePpm: 100_000 }, 0.001, 0.01)}.`);
  });

  it('latency', () => {
    const process = startTwoArm({ requests: 1_000, events: 100 });
    for (let i = 0; i < 40; i++) addCounts(process, 500_000, { requests: 10, events: 1 }, { requests: 10, events: 2 });
    says(`the e-value is ${Math.round(Math.exp(twoArmLogE(process)))}.`);
  });

  it('three arms', () => {
    const process = startAttribution();
    addEvents(process, 500_000, 0, 8);
    says(`it takes eight, which are worth ${Math.round(Math.exp(attributionLogE(process)))}.`);
    const [even, tenth] = [500_000, 100_000].map((candidatePpm) =>
      errorsToFail({ alpha: 0.01, candidatePpm }, 0.001, 0.05),
    );
    says(`is found after about ${even} of its requests, where ${tenth} were enough.`);
  });

  it('answers of a shadow', () => {
    const e = (candidateOnly: number, againOnly = 0) => Math.exp(differsLogE({ candidateOnly, againOnly }));
    says(`ten answers differ in the candidate only: e-value ${Math.round(e(10))}.`);
    const among40 = discoveryThreshold([1_000, ...Array.from({ length: 39 }, () => 0)], 0.05);
    says(`a single one needs ${Math.round(Math.exp(among40))}: after the eleventh it is ${count(e(11))}.`);
    says(`twelve would be worth ${e(12, 2).toPrecision(3)}.`);
    const first = (margin: number) =>
      Array.from({ length: 1_000 }, (_, n) => n + 1).find(
        (pairs) => safeLogE({ pairs, candidateOnly: 0, againOnly: 0 }, margin) >= Math.log(20),
      );
    says(`any difference is safe within 1 % after ${first(0.01)} answers`);
    says(`within 0.5 %, the margin that is taken where none is said, after ${first(0.005)}.`);
  });

  it('means', () => {
    const arm = (mean: number) => ({ mean, variance: 25, n: 100 });
    const options = { alpha: 0.01, tunedFor: 200, side: 'two-sided', relative: true } as const;
    const [low, high] = asymptoticCs(arm(100), arm(104), options).interval.map((x) => (x * 100).toPrecision(3));
    says(`the effect is 4 %, between ${low} % and ${high} %.`);
  });

  it('autocorrelation', () => {
    says(`100 points with r = 0.8 are worth ${Math.round(effectiveSize(100, 0.8))};`);
    says(`1,000 with r = 0.5 are worth ${Math.round(effectiveSize(1_000, 0.5))}.`);
  });

  it('MaxSPRT', () => {
    const { criticalLlr, typeIError } = binomialCriticalValue(20, 9, 0.05);
    says(`the limit is ${criticalLlr.toFixed(2)}, with an exact error of ${typeIError.toFixed(4)}.`);
    says(`reach ${binomialLlr(2, 2, 0.1).toFixed(2)}.`);
  });

  it('guards', () => {
    const start = startErrorLimit(100);
    says(`the critical value is ${criticalValueOf(start).toFixed(2)}.`);
    says(`After four requests that all fail the ratio is ${countErrors(start, 4, 4, 0.05).peak.toFixed(2)}: FAIL.`);
    let limit = start;
    let requests = 0;
    while (!isOverLimit(limit)) limit = countErrors(limit, 1, ++requests % 5 === 0 ? 1 : 0, 0.05);
    says(`it takes ${requests} requests, of which ${limit.errors} failed.`);
    says(
      `against 9,000 give e-value ${splitEvidence(countAssigned(NO_SPLIT, 500_000, 10_000, 9_000)).toPrecision(3)}.`,
    );
  });

  it('goals of an A/B test', () => {
    const once = (from: number, n: number) => ({
      count: n,
      sum: n,
      groups: Array.from({ length: 256 }, (_, g) => (g >= from && g < from + n ? 1 : 0)),
    });
    const found = goalEffect(once(0, 100), once(100, 150), { first: 1, arm: 1 }, 0.05);
    const [low, high] = (found?.interval ?? []).map((x) => (x * 100).toPrecision(3));
    says(`the effect is +${(found?.effect ?? 0) * 100} %, between ${low} % and ${high} % at alpha 0.05.`);
  });

  it('sample ratio', () => {
    const of = (first: number) => sampleRatioEvidence([first, 10_000 - first], [1, 1]).toPrecision(3);
    says(
      `5,200 users against 4,800 give ${of(5_200)}, 5,250 against 4,750 give ${Number(of(5_250)).toLocaleString('en-US')}.`,
    );
  });

  it('kayenta', () => {
    const same = (name: string) => ({ name, baseline: [1, 2, 3], candidate: [1, 2, 3] });
    const baseline = [10, 11, 9, 10, 12, 10, 11, 9, 10, 11];
    const higher = { name: 'a', baseline, candidate: baseline.map((x) => x + 4) };
    const options = { direction: 'increase', pass: 95, marginal: 75, nan: 'remove' } as const;
    const judged = judgeKayentaSeries([higher, same('b'), same('c'), same('d')], options, seeded(1));
    says(
      `(about ${Math.round((judged.metrics[0]?.effect ?? 0) * 100)} % higher): score ${judged.score}, ${judged.verdict}`,
    );
  });

  it('threshold', () => {
    const options = { range: { max: 1 }, failureLimit: 3, consecutiveErrorLimit: 4 };
    const verdict = (bad: number) => {
      const candidate = [...new Array<number>(bad).fill(2), 0];
      return judgeThresholdSeries([{ name: 'a', baseline: [0], candidate }], options).verdict;
    };
    expect([verdict(3), verdict(4)]).toEqual(['PASS', 'FAIL']);
  });
});
