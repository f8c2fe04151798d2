/** How often a candidate that is exactly as good as the baseline is rolled back, when one looks all the time. */
import { judge, observe, startJudge } from '../../analyzer/sequential/judge.ts';
import { addErrors, startSuccessRate } from '../../analyzer/sequential/success-rate.ts';
import { binomial, seeded } from '../../analyzer/simulation/random.ts';
import { lognormal, simulateBatch, simulateCalibration } from '../../analyzer/simulation/traffic.ts';

export type Looking = { readonly alpha: number; readonly runs: number; readonly looks: number; readonly seed: number };

const STEPS_PPM = [10_000, 50_000, 250_000, 500_000];
const REQUESTS_PER_LOOK = 50;

/** @returns the share of the runs that ended in FAIL */
export function falseRollbacks({ alpha, runs, looks, seed }: Looking): number {
  const random = seeded(seed);
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    const state = startSuccessRate(0.005);
    const phase = random() * 2 * Math.PI;
    for (let look = 0; look < looks; look++) {
      const ppm = STEPS_PPM[Math.floor((look / looks) * STEPS_PPM.length)] ?? 0;
      const rate = 0.01 * 10 ** (0.5 * Math.sin(phase + look / 200));
      const candidates = binomial(random, REQUESTS_PER_LOOK, ppm / 1e6);
      const arm = (requests: number) => ({ requests, errors: binomial(random, requests, rate), latency: [] });
      addErrors(state, {
        candidatePpm: ppm,
        baseline: arm(REQUESTS_PER_LOOK - candidates),
        candidate: arm(candidates),
        judgeLatency: false,
      });
      if (state.levels.regressed.peak >= Math.log(1 / alpha)) {
        alarms++;
        break;
      }
    }
  }
  return alarms / runs;
}

/** The same for latency: the common median swings by half, and one request in a hundred hangs, in both arms alike. */
export function falseRollbacksOnLatency({ alpha, runs, looks, seed }: Looking): number {
  const random = seeded(seed + 1);
  const usual = { errorRate: 0, latencyUs: lognormal(20, 0.5) };
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    const config = { alpha, metrics: [{ name: 'latency', quantile: 0.99, tolerance: 0.1 } as const] };
    let state = startJudge(config, simulateCalibration(random, usual, 500));
    for (let look = 0; look < looks; look++) {
      const share = (STEPS_PPM[Math.floor((look / looks) * STEPS_PPM.length)] ?? 0) / 1e6;
      const now = lognormal(20 * 1.5 ** Math.sin(look / 100), 0.5);
      const arm = { errorRate: 0, latencyUs: (r: () => number) => (r() < 0.01 ? 3e6 : now(r)) };
      state = observe(state, simulateBatch(random, { share, baseline: arm, candidate: arm }, 20));
    }
    if (judge(state).verdict === 'FAIL') alarms++;
  }
  return alarms / runs;
}
