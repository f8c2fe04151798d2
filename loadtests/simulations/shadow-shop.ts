/** Answers of a shop with the noise that real ones have: times, ids, order, caches, a field that is sometimes rounded. */
import type { ComparedAnswer, ComparisonSample } from '../../contracts/comparison.ts';
import { normal } from '../../analyzer/simulation/random.ts';
import type { Random } from '../../analyzer/simulation/random.ts';

/** How the candidate differs from the baseline; all 0: not at all. Shares of its answers. */
export type Defects = {
  readonly wrongPrice: number;
  readonly missingField: number;
  /** Added to the noise of a field that already differs by itself. */
  readonly moreNoise: number;
  /** All its answers take so much longer, 0.5: by half. */
  readonly slower: number;
};

export const NO_DEFECTS: Defects = { wrongPrice: 0, missingField: 0, moreNoise: 0, slower: 0 };

const ITEMS = 5;
const STEADY_FIELDS = 30;

export function shopSample(random: Random, i: number, defects: Defects): ComparisonSample {
  return {
    experimentId: 'simulated',
    epoch: 1,
    method: 'GET',
    path: `/products/${i % 50}`,
    baseline: shopAnswer(random, i, NO_DEFECTS),
    candidate: shopAnswer(random, i, defects),
    again: shopAnswer(random, i, NO_DEFECTS),
  };
}

function shopAnswer(random: Random, i: number, defects: Defects): ComparedAnswer {
  const chance = (share: number): boolean => random() < share;
  const steady = Array.from({ length: STEADY_FIELDS }, (_, n) => [`field${n}`, (i * 31 + n) % 97] as const);
  const items = Array.from({ length: ITEMS }, (_, n) => ({
    id: n,
    price: ((i + n) % 40) + (n === 0 && chance(defects.wrongPrice) ? 1 : 0),
    stock: chance(0.02 + defects.moreNoise) ? 9 : 10,
  }));
  const ordered = chance(0.3) ? [...items.slice(1), ...items.slice(0, 1)] : items;
  const body = {
    ...Object.fromEntries(steady),
    generatedAt: Math.floor(random() * 1e9),
    requestId: Math.floor(random() * 1e12).toString(16),
    // A tie between two equal offers is broken by chance; a cache is empty now and then.
    recommended: chance(0.5) ? 'a' : 'b',
    ...(chance(0.001) ? {} : { rating: i % 5 }),
    ...(chance(defects.missingField) ? {} : { currency: 'EUR' }),
    items: ordered,
  };
  return {
    status: chance(0.001) ? 503 : 200,
    headers: {
      'content-type': 'application/json',
      'x-request-id': String(random()),
      'x-cache': chance(0.2) ? 'hit' : 'miss',
    },
    body: { kind: 'json', value: body },
    latencyUs: Math.round(8_000 * Math.exp(0.4 * normal(random)) * (1 + defects.slower)),
  };
}
