/** The guards of a release on simulated requests: how often they stop a healthy one, and how long a bad one lasts. */
import { normal, seeded } from '../../analyzer/simulation/random.ts';
import type { Random } from '../../analyzer/simulation/random.ts';
import { Guards } from '../../contracts/guards.ts';
import { GUARDS } from '../../contracts/verdict.ts';
import { guardEvidence, NO_GUARD_COUNTS, passGuards, takeGuards } from '../../experiments/guards.ts';
import type { GuardCounts } from '../../experiments/guards.ts';
import { medianOf } from './detection.ts';

export type GuardRun = {
  readonly rps: number;
  readonly seconds: number;
  /** Of a request; a median of 30 s is a long poll. */
  readonly medianMs: number;
  readonly errorRate: number;
  readonly candidate?: {
    readonly errorRate?: number;
    readonly hangRate?: number;
    readonly slower?: number;
    readonly skew?: number;
  };
};

export type Alarm = { readonly guard: string; readonly afterMs: number };

const KEPT = Guards.parse({});
const STEPS_PPM = [10_000, 100_000, 250_000, 500_000];
const REPORT_MS = 200;
const SIGMA = 1;

type Arm = { open: { endsAtMs: number; failed: boolean }[]; started: number };

/** One release: four steps of equal length, a report every 200 ms. @returns the first guard that ends it */
export function guardedRelease(random: Random, run: GuardRun): Alarm | null {
  const arms = { baseline: newArm(), candidate: newArm() };
  let counts: GuardCounts = NO_GUARD_COUNTS;
  const untilMs = run.seconds * 1_000;
  let epoch = -1;
  for (let nowMs = REPORT_MS; nowMs <= untilMs; nowMs += REPORT_MS) {
    const step = Math.min(STEPS_PPM.length - 1, Math.floor((nowMs / untilMs) * STEPS_PPM.length));
    if (step !== epoch) for (const arm of Object.values(arms)) Object.assign(arm, newArm());
    epoch = step;
    const ppm = STEPS_PPM[step] ?? 0;
    assign(random, run, arms, ppm, nowMs);
    const rows = (['baseline', 'candidate'] as const).map((arm) => rowOf(arms[arm], { arm, epoch, ppm, nowMs }));
    counts = passGuards(KEPT, takeGuards(KEPT, counts, rows, epoch, run.rps * run.seconds * 0.25), REPORT_MS);
    const crossed = guardEvidence(KEPT, counts).find(({ verdict }) => verdict === 'FAIL' || verdict === 'INCONCLUSIVE');
    if (crossed) return { guard: crossed.name, afterMs: nowMs };
  }
  return null;
}

function newArm(): Arm {
  return { open: [], started: 0 };
}

function assign(
  random: Random,
  run: GuardRun,
  arms: Record<'baseline' | 'candidate', Arm>,
  ppm: number,
  nowMs: number,
) {
  const { errorRate, hangRate = 0, slower = 1, skew = 1 } = { errorRate: run.errorRate, ...run.candidate };
  const requests = Math.round((run.rps * REPORT_MS) / 1_000);
  for (let i = 0; i < requests; i++) {
    const isCandidate = random() < (skew * ppm) / 1e6;
    const arm = isCandidate ? arms.candidate : arms.baseline;
    const ms = run.medianMs * (isCandidate ? slower : 1) * Math.exp(SIGMA * normal(random));
    arm.started++;
    arm.open.push({
      endsAtMs: isCandidate && random() < hangRate ? Infinity : nowMs - random() * REPORT_MS + ms,
      failed: random() < (isCandidate ? errorRate : run.errorRate),
    });
  }
}

function rowOf(own: Arm, at: { arm: 'baseline' | 'candidate'; epoch: number; ppm: number; nowMs: number }) {
  const ended = own.open.filter((request) => request.endsAtMs <= at.nowMs);
  own.open = own.open.filter((request) => request.endsAtMs > at.nowMs);
  const { started } = own;
  own.started = 0;
  const errors = ended.filter((request) => request.failed).length;
  const { arm, epoch, ppm: candidatePpm } = at;
  const counts = { requests: ended.length, started, errors, shielded: 0, latencySumUs: 0, latency: [] };
  return { experimentId: 'simulated', epoch, arm, candidatePpm, ...counts };
}

/** @returns of `runs` healthy releases, those that each guard ended */
export function falseAlarms(seed: number, runs: number, run: GuardRun): Readonly<Record<string, number>> {
  const random = seeded(seed);
  const alarms: Record<string, number> = Object.fromEntries(GUARDS.map((name) => [name, 0]));
  for (let i = 0; i < runs; i++) {
    const alarm = guardedRelease(random, run);
    if (alarm) alarms[alarm.guard] = (alarms[alarm.guard] ?? 0) + 1;
  }
  return alarms;
}

/** @returns the guard that ends such a release most often first, and the median time until then (Infinity: never) */
export function guardDelay(seed: number, runs: number, run: GuardRun): { guard: string; medianMs: number } {
  const random = seeded(seed);
  const found: string[] = [];
  const medianMs = medianOf(runs, () => {
    const alarm = guardedRelease(random, run);
    if (alarm) found.push(alarm.guard);
    return alarm?.afterMs ?? Infinity;
  });
  const often = (name: string): number => found.filter((other) => other === name).length;
  return { guard: [...found].sort((a, b) => often(b) - often(a))[0] ?? '-', medianMs };
}
