/** What a proxy compares under a shadow's overlay: answers with a price, and an id that no two answers share. */
import type { Random } from '../../analyzer/simulation/random.ts';
import type { ComparedAnswer, Comparisons, OverlayShadow } from '../../contracts/comparison.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { Behaviour } from './drive.ts';

export function comparisonsOf(
  { experimentId, epoch, baseline, candidate }: Overlay,
  shadow: OverlayShadow,
  requests: number,
  of: Readonly<Record<string, Behaviour>>,
  random: Random,
): Comparisons {
  const mirrored = Array.from({ length: requests }).filter(() => random() * 1_000_000 < shadow.mirrorPpm).length;
  const samples = Array.from({ length: mirrored }, () => ({
    experimentId,
    epoch,
    method: 'GET',
    path: '/reviews/7',
    baseline: answer(of[baseline], random),
    candidate: answer(of[candidate], random),
    again: answer(of[baseline], random),
  }));
  return { experimentId, samples, mirrored, dropped: 0 };
}

function answer(behaviour: Behaviour | undefined, random: Random): ComparedAnswer {
  const { errorRate = 0, latencyMs = 20, wrongPrices = 0 } = behaviour ?? {};
  const price = random() < wrongPrices ? 0 : 1_995;
  return {
    status: random() < errorRate ? 500 : 200,
    headers: { 'x-request-id': String(random()) },
    body: { kind: 'json', value: { price } },
    latencyUs: Math.round(latencyMs * 1_000 * (0.8 + 0.4 * random())),
  };
}
