/** What a proxy counts of the arms of an A/B test when every request is of a user who was never there before. */
import { binomial } from '../../analyzer/simulation/random.ts';
import type { Random } from '../../analyzer/simulation/random.ts';
import { armOf, armSalt, groupOf, keyHash, slotOf, takesPart } from '../../contracts/arm-split.ts';
import type { ArmSplit } from '../../contracts/arm-split.ts';
import { bucketOf } from '../../contracts/histogram.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { ArmRow } from '../../contracts/telemetry.ts';
import type { Behaviour } from './drive.ts';

/** @param users - the number of the first user, and how many come */
export function keyedRows(
  overlay: Overlay,
  split: ArmSplit,
  users: { readonly from: number; readonly count: number },
  of: Readonly<Record<string, Behaviour>>,
  random: Random,
): ArmRow[] {
  const salts = split.arms.map(({ version }) => armSalt(version));
  const weights = split.arms.map(({ weight }) => weight);
  const hashes: number[][] = split.arms.map(() => []);
  for (let i = 0; i < users.count; i++) {
    const hash = keyHash(`user-${users.from + i}`, overlay.seed);
    if (!takesPart(hash, split.sharePpm)) continue;
    const arm = armOf(hash, salts, weights);
    const lost = of[split.arms[arm]?.version ?? '']?.lostUsers ?? 0;
    if (random() >= lost) hashes[arm]?.push(hash);
  }
  return split.arms.flatMap(({ version }, i) => {
    const own = hashes[i] ?? [];
    if (own.length === 0) return [];
    return [rowOf(overlay, i, version, own, of[version] ?? { errorRate: 0, latencyMs: 20 }, random)];
  });
}

function rowOf(
  { experimentId, epoch }: Overlay,
  arm: number,
  version: string,
  hashes: readonly number[],
  behaviour: Behaviour,
  random: Random,
): ArmRow {
  const requests = hashes.length;
  const us = behaviour.latencyMs * 1_000;
  const reached = hashes.filter(() => random() < (behaviour.goalRate ?? 0));
  const signup = reached.map((hash): [number, number, number] => [groupOf(hash), 1, 1]);
  return {
    experimentId,
    epoch,
    arm: arm === 0 ? 'baseline' : 'candidate',
    candidatePpm: 500_000,
    requests,
    errors: binomial(random, requests, behaviour.errorRate),
    shielded: 0,
    latencySumUs: us * requests,
    latency: [[bucketOf(us), requests]],
    keyed: { version, slots: hashes.map(slotOf), goals: { signup } },
  };
}
