/** Requests are counted when they end: what that does to a comparison of latencies, and that waiting mends it. */
import { describe, expect, it } from 'vitest';
import { judge, observe, startJudge } from '../analyzer/sequential/judge.ts';
import { seeded } from '../analyzer/simulation/random.ts';
import type { Random } from '../analyzer/simulation/random.ts';
import { lognormal, simulateCalibration } from '../analyzer/simulation/traffic.ts';
import { bucketOf } from '../contracts/histogram.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { batchesOf } from './arm-counts.ts';
import { warmingUpMs } from './warming-up.ts';

const REPORT_MS = 200;
const STEP_MS = 20_000;
const RPS = 500;
const RUNS = 30;
const EPOCH = 1;
const CONFIG = { alpha: 0.01, metrics: [{ name: 'latency', quantile: 0.95, tolerance: 0.5 }] } as const;

type Ended = { readonly atMs: number; readonly arm: 'baseline' | 'candidate'; readonly latencyUs: number };

/** One step at 50 %, in the order in which its requests end. Slow: half of them take longer than a second. */
function stepOf(random: Random, slower: number): Ended[] {
  const latency = { baseline: lognormal(1_000, 0.5), candidate: lognormal(1_000 * slower, 0.5) };
  return Array.from({ length: (STEP_MS / 1_000) * RPS }, () => {
    const arm = random() < 0.5 ? ('candidate' as const) : ('baseline' as const);
    const latencyUs = latency[arm](random);
    return { atMs: random() * STEP_MS + latencyUs / 1_000, arm, latencyUs };
  }).sort((a, b) => a.atMs - b.atMs);
}

function rowOf(arm: Ended['arm'], ended: readonly Ended[]): ArmRow {
  const own = ended.filter((request) => request.arm === arm);
  const latency = new Map<number, number>();
  for (const { latencyUs } of own) latency.set(bucketOf(latencyUs), (latency.get(bucketOf(latencyUs)) ?? 0) + 1);
  return {
    experimentId: 'exp_1',
    epoch: EPOCH,
    arm,
    candidatePpm: 500_000,
    requests: own.length,
    errors: 0,
    shielded: 0,
    latencySumUs: own.reduce((sum, request) => sum + request.latencyUs, 0),
    latency: [...latency].sort(([a], [b]) => a - b),
  };
}

/** @returns whether the step ends in FAIL. @param waits - until the epoch is past its warm-up */
function fails(seed: number, slower: number, waits: boolean): boolean {
  const random = seeded(seed);
  const measured = simulateCalibration(random, { errorRate: 0, latencyUs: lognormal(1_000, 0.5) }, 2_000);
  let state = startJudge(CONFIG, measured);
  const requests = stepOf(random, slower);
  for (let atMs = REPORT_MS; atMs <= STEP_MS; atMs += REPORT_MS) {
    const ended = requests.filter((request) => request.atMs > atMs - REPORT_MS && request.atMs <= atMs);
    const isWarm = !waits || atMs >= warmingUpMs(0, state);
    const rows = [rowOf('baseline', ended), rowOf('candidate', ended)];
    for (const batch of batchesOf(rows, isWarm ? EPOCH : undefined)) state = observe(state, batch);
    if (judge(state).verdict === 'FAIL') return true;
  }
  return false;
}

const failing = (slower: number, waits: boolean): number =>
  Array.from({ length: RUNS }, (_, seed) => fails(seed, slower, waits)).filter(Boolean).length;

describe('latency after a change of the shares', () => {
  it('fails no candidate within the dead zone, though its slow requests end last', () => {
    expect(failing(1.2, true)).toBe(0);
    expect(failing(1.2, false)).toBeGreaterThan(2);
  });

  it('still fails one that is slower than its tolerance', () => {
    expect(failing(1.6, true)).toBe(RUNS);
  });

  it('waits as long as is declared where that is longer, and for nothing where no latency is judged', () => {
    const quick = startJudge(CONFIG, { latency: [[bucketOf(20_000), 1_000]] });
    expect(warmingUpMs(5_000, quick)).toBe(5_000);
    const errors = startJudge({ alpha: 0.01, metrics: [{ name: 'success-rate', margin: 1 }] }, { latency: [] });
    expect(warmingUpMs(0, errors)).toBe(0);
    expect(warmingUpMs(0, null)).toBe(0);
  });
});
