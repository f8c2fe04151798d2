/** How many requests a regression takes until FAIL. */
import { addEvents, attributionLogE, startAttribution } from '../../analyzer/sequential/attribution.ts';
import { observe, startJudge } from '../../analyzer/sequential/judge.ts';
import { binomial, seeded } from '../../analyzer/simulation/random.ts';
import type { Random } from '../../analyzer/simulation/random.ts';
import { hanging, lognormal, simulateBatch, simulateCalibration } from '../../analyzer/simulation/traffic.ts';

const ALPHA = 0.01;
const RUNS = 1001;
const LATENCY_RUNS = 101;

export type ErrorDetection = {
  readonly baseline: number;
  readonly candidate: number;
  readonly share: number;
  readonly alone: number;
  readonly ofTwo: number;
  readonly limit?: number;
};

const RATES = [
  [0.001, 0.002],
  [0.001, 0.005],
  [0.001, 0.01],
  [0.001, 0.05],
  [0.001, 0.5],
  [0.01, 0.02],
  [0.01, 0.05],
] as const;
/** Promised at a share of 10 %. */
const LIMITS = new Map([
  [0.01, 750],
  [0.05, 120],
  [0.5, 11],
]);

/** Median candidate requests, looking after every error. */
export function detectionOfErrors(seed: number): ErrorDetection[] {
  return [0.5, 0.1, 0.01].flatMap((share) =>
    RATES.map(([baseline, candidate]) => {
      const random = seeded(seed);
      const at = (alpha: number): number =>
        medianOf(RUNS, () => requestsToFail(random, baseline, candidate, share, alpha));
      const limit = share === 0.1 && baseline === 0.001 ? LIMITS.get(candidate) : undefined;
      const found = { baseline, candidate, share, alone: at(ALPHA), ofTwo: at(ALPHA / 2) };
      return limit === undefined ? found : { ...found, limit };
    }),
  );
}

/** Jumps from error to error: between them "regressed" does not move. */
function requestsToFail(random: Random, baseline: number, candidate: number, share: number, alpha: number): number {
  const process = startAttribution();
  const errorRate = share * candidate + (1 - share) * baseline;
  const [onCandidate, fineOnCandidate] = [candidate / errorRate, (1 - candidate) / (1 - errorRate)].map(
    (x) => x * share,
  );
  let requests = 0;
  while (attributionLogE(process) < Math.log(1 / alpha)) {
    const fine = Math.floor(Math.log(1 - random()) / Math.log1p(-errorRate));
    const isCandidate = random() < (onCandidate ?? 0);
    requests += binomial(random, fine, fineOnCandidate ?? 0) + (isCandidate ? 1 : 0);
    addEvents(process, share * 1e6, isCandidate ? 0 : 1, isCandidate ? 1 : 0);
  }
  return requests;
}

export type LatencyDetection = { readonly name: string; readonly median: number; readonly limit: number };

/** Median requests per arm. */
export function detectionOfLatency(seed: number): LatencyDetection[] {
  const usual = lognormal(20, 0.5);
  return [
    { name: '25 % slower', latencyUs: lognormal(25, 0.5), limit: 700 },
    { name: 'twice as slow', latencyUs: lognormal(40, 0.5), limit: 109 },
    { name: '1 % of requests hang', latencyUs: hanging(usual, 0.01, 5_000), limit: 4_000 },
    { name: '5 % of requests hang', latencyUs: hanging(usual, 0.05, 5_000), limit: 400 },
  ].map(({ name, latencyUs, limit }) => {
    const random = seeded(seed);
    const baseline = { errorRate: 0, latencyUs: usual };
    const model = { share: 0.5, baseline, candidate: { errorRate: 0, latencyUs } };
    const median = medianOf(LATENCY_RUNS, () => {
      const config = { alpha: ALPHA, metrics: [{ name: 'latency', quantile: 0.99, tolerance: 0.1 } as const] };
      let state = startJudge(config, simulateCalibration(random, baseline, 1_000));
      let requests = 0;
      while (state.metrics.every((m) => m.levels.regressed.peak < Math.log(1 / ALPHA))) {
        state = observe(state, simulateBatch(random, model, 10));
        requests += 5;
      }
      return requests;
    });
    return { name, median, limit };
  });
}

export function medianOf(runs: number, draw: () => number): number {
  const drawn = Array.from({ length: runs }, draw).sort((a, b) => a - b);
  return drawn[runs >> 1] ?? NaN;
}
