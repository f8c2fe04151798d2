/**
 * Models of how others would judge the same traffic, from their documented rules and examples. Flagger: success >= 99 %,
 * checked each minute, 10 failed checks (its documentation's example), or at its fastest, 10 s and 2 checks. Argo Rollouts: success >= 95 % each 5 minutes,
 * failureLimit 3 (its documentation's example). Kayenta: error rate per minute, one judgement after 50 points, pass 95.
 */
import { judgeKayenta } from '../../analyzer/kayenta/judge.ts';
import { addErrors, startSuccessRate } from '../../analyzer/sequential/success-rate.ts';
import { binomial, seeded } from '../../analyzer/simulation/random.ts';
import type { Random } from '../../analyzer/simulation/random.ts';
import { assessArgoMetric } from '../../analyzer/threshold/argo.ts';
import { flaggerCheck } from '../../analyzer/threshold/flagger.ts';

const RUNS = 300;
const SECONDS = 3_600;
const PER_SECOND = 60;
const SHARE = 0.1;

export type PeerRow = {
  readonly scenario: string;
  readonly judge: string;
  readonly rolledBack: string;
  readonly medianTime: string;
  readonly harm: string;
};

type Second = { readonly baseline: Count; readonly candidate: Count };
type Count = { readonly requests: number; readonly errors: number };

/** The second at which it rolls back; undefined when it does not. */
type Judge = (seconds: readonly Second[], random: Random) => number | undefined;

const JUDGES: readonly (readonly [string, Judge])[] = [
  ['Meshproof, alpha 0.01', meshproof],
  ['Flagger 1m x 10', flagger(60, 10)],
  ['Flagger 10s x 2', flagger(10, 2)],
  ['Argo 5m, limit 3', argo],
  ['Kayenta, 50 points', kayenta],
];

const SCENARIOS = [
  { name: '0.1 %, as the baseline', baseline: 0.001, candidate: 0.001 },
  { name: '2 %, as the baseline', baseline: 0.02, candidate: 0.02 },
  ...[0.005, 0.01, 0.05, 0.5].map((candidate) => ({ name: `${candidate * 100} %`, baseline: 0.001, candidate })),
];

export function compareWithPeers(seed: number): PeerRow[] {
  return SCENARIOS.flatMap(({ name: scenario, baseline, candidate }) => {
    const random = seeded(seed);
    const traffic = Array.from({ length: RUNS }, () => hour(random, baseline, candidate));
    return JUDGES.map(([name, judge]) => {
      const times = traffic.map((seconds) => judge(seconds, random)).filter((t) => t !== undefined);
      times.sort((a, b) => a - b);
      const median = times[times.length >> 1];
      return {
        scenario,
        judge: name,
        rolledBack: `${Number(((times.length / RUNS) * 100).toFixed(1))} %`,
        medianTime: median === undefined ? '-' : duration(median),
        harm: median === undefined ? '-' : Math.round(median * PER_SECOND * SHARE * candidate).toLocaleString('en-US'),
      };
    });
  });
}

function hour(random: Random, baselineRate: number, candidateRate: number): Second[] {
  return Array.from({ length: SECONDS }, () => {
    const candidates = binomial(random, PER_SECOND, SHARE);
    const count = (requests: number, rate: number): Count => ({ requests, errors: binomial(random, requests, rate) });
    return { baseline: count(PER_SECOND - candidates, baselineRate), candidate: count(candidates, candidateRate) };
  });
}

function meshproof(seconds: readonly Second[]): number | undefined {
  const state = startSuccessRate(0.005);
  for (const [i, { baseline, candidate }] of seconds.entries()) {
    addErrors(state, {
      candidatePpm: SHARE * 1e6,
      baseline: { ...baseline, latency: [] },
      candidate: { ...candidate, latency: [] },
      judgeLatency: false,
    });
    if (state.levels.regressed.peak >= Math.log(100)) return i + 1;
  }
  return undefined;
}

function flagger(intervalS: number, threshold: number): Judge {
  return (seconds) => {
    let failed = 0;
    for (let at = intervalS; at <= SECONDS; at += intervalS) {
      // The tick looks at the failures so far before it checks anew.
      if (failed >= threshold) return at;
      if (!flaggerCheck(successPercent(seconds, at - intervalS, at), { min: 99 })) failed++;
    }
    return undefined;
  };
}

function argo(seconds: readonly Second[]): number | undefined {
  const metric = { interval: '5m', failureLimit: 3 };
  const counts = { inFlight: false, inconclusive: 0, consecutiveError: 0, consecutiveSuccess: 0 };
  let failed = 0;
  for (let count = 1; count <= SECONDS / 300; count++) {
    if ((successPercent(seconds, (count - 1) * 300, count * 300) ?? 0) < 95) failed++;
    const result = { ...counts, count, measurements: count, failed, successful: count - failed };
    if (assessArgoMetric(metric, result, false) === 'Failed') return count * 300;
  }
  return undefined;
}

function kayenta(seconds: readonly Second[], random: Random): number | undefined {
  const minutes = Array.from({ length: 50 }, (_, i) => seconds.slice(i * 60, i * 60 + 60));
  const series = (arm: 'baseline' | 'candidate'): number[] =>
    minutes.map((minute) => {
      const sum = (key: keyof Count): number => minute.reduce((total, second) => total + second[arm][key], 0);
      return sum('errors') / Math.max(1, sum('requests'));
    });
  const metric = {
    name: 'error rate',
    groups: ['errors'],
    control: series('baseline'),
    experiment: series('candidate'),
    params: { direction: 'increase' as const },
  };
  return judgeKayenta([metric], {}, { pass: 95, marginal: 75 }, random).verdict === 'PASS' ? undefined : 50 * 60;
}

/** Of the candidate, in [from, to). */
function successPercent(seconds: readonly Second[], from: number, to: number): number | undefined {
  let requests = 0;
  let errors = 0;
  for (const { candidate } of seconds.slice(from, to)) {
    requests += candidate.requests;
    errors += candidate.errors;
  }
  return requests === 0 ? undefined : 100 * (1 - errors / requests);
}

function duration(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : `${Number((seconds / 60).toFixed(1))} min`;
}
