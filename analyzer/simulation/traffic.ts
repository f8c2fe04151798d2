/** Simulated traffic of two arms, as the batches that the judge takes. */
import { bucketOf } from '../../contracts/histogram.ts';
import type { SparseBuckets } from '../../contracts/histogram.ts';
import type { ArmCounts, Batch } from '../sequential/counts.ts';
import type { Random } from './random.ts';
import { normal } from './random.ts';

export type ArmModel = {
  /** 0…1. */
  readonly errorRate: number;
  /** Draws one latency in microseconds. */
  readonly latencyUs?: (random: Random) => number;
};

export type TrafficModel = {
  /** 0…1. */
  readonly share: number;
  readonly baseline: ArmModel;
  readonly candidate: ArmModel;
};

/** Log-normal latencies. @param sigma - of the logarithm */
export function lognormal(medianMs: number, sigma: number): (random: Random) => number {
  return (random) => medianMs * 1000 * Math.exp(sigma * normal(random));
}

/** `base`, but a share of the requests takes `hangMs`. */
export function hanging(base: (random: Random) => number, share: number, hangMs: number): (random: Random) => number {
  return (random) => (random() < share ? hangMs * 1000 : base(random));
}

/** One batch of `requests` requests, each assigned to an arm by itself. */
export function simulateBatch(random: Random, model: TrafficModel, requests: number): Batch {
  const baseline = newArm();
  const candidate = newArm();
  for (let i = 0; i < requests; i++) {
    if (random() < model.share) draw(random, model.candidate, candidate);
    else draw(random, model.baseline, baseline);
  }
  return {
    candidatePpm: Math.round(model.share * 1e6),
    baseline: toCounts(baseline),
    candidate: toCounts(candidate),
    judgeLatency: true,
  };
}

/** What a measurement of the baseline alone would have given. */
export function simulateCalibration(random: Random, arm: ArmModel, requests: number): { latency: SparseBuckets } {
  const counted = newArm();
  for (let i = 0; i < requests; i++) draw(random, arm, counted);
  return { latency: toCounts(counted).latency };
}

type Counting = { requests: number; errors: number; readonly buckets: Map<number, number> };

function newArm(): Counting {
  return { requests: 0, errors: 0, buckets: new Map() };
}

function draw(random: Random, model: ArmModel, into: Counting): void {
  into.requests++;
  if (random() < model.errorRate) into.errors++;
  if (!model.latencyUs) return;
  const bucket = bucketOf(Math.round(model.latencyUs(random)));
  into.buckets.set(bucket, (into.buckets.get(bucket) ?? 0) + 1);
}

function toCounts({ requests, errors, buckets }: Counting): ArmCounts {
  return { requests, errors, latency: [...buckets].sort((a, b) => a[0] - b[0]) };
}
