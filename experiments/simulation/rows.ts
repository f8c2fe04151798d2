/** What the proxies would report of one interval under an overlay. */
import { binomial } from '../../analyzer/simulation/random.ts';
import type { Random } from '../../analyzer/simulation/random.ts';
import { bucketOf } from '../../contracts/histogram.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { ArmRow } from '../../contracts/telemetry.ts';
import { PPM } from '../../contracts/units.ts';
import type { Arm } from './arm.ts';

export type Arms = { readonly baseline: Arm; readonly candidate: Arm };

/** @param arms - by the arm of the overlay */
export function rowsUnder(random: Random, overlay: Overlay, arms: Arms, requests: number): ArmRow[] {
  const shifted = binomial(random, requests, overlay.candidatePpm / PPM);
  const others = requests - shifted;
  const isOther = overlay.candidatePpm / (PPM - overlay.candidatePpm);
  const fresh = overlay.fresh === undefined ? 0 : binomial(random, others, Math.min(1, isOther));
  return [
    ...row(random, overlay, 'baseline', arms.baseline, others - fresh),
    ...row(random, overlay, 'fresh', arms.baseline, fresh),
    ...row(random, overlay, 'candidate', arms.candidate, shifted),
  ];
}

function row(random: Random, overlay: Overlay, arm: ArmRow['arm'], answers: Arm, requests: number): ArmRow[] {
  if (requests === 0) return [];
  const buckets = new Map<number, number>();
  let errors = 0;
  let latencySumUs = 0;
  for (let i = 0; i < requests; i++) {
    const { failed, latencyUs } = answers(random);
    if (failed) errors++;
    const us = Math.round(latencyUs);
    latencySumUs += us;
    const bucket = bucketOf(us);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
  }
  const latency = [...buckets].sort(([a], [b]) => a - b);
  const { experimentId, epoch, candidatePpm } = overlay;
  return [{ experimentId, epoch, arm, candidatePpm, requests, errors, shielded: 0, latencySumUs, latency }];
}

/** Whole requests of one interval, so that their mean is the rate (which need not be whole). */
export function requestsIn(random: Random, mean: number): number {
  const whole = Math.floor(mean);
  return whole + (random() < mean - whole ? 1 : 0);
}
