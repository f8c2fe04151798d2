/**
 * The reviews, in three versions. v1 is what runs today. v2 adds the average and is a little quicker. v2-bad adds it
 * too, but loses one request in twenty and now and then waits very long: its answers are correct, so no unit test
 * would show it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Handler, Surroundings } from './handler.ts';
import { NOT_FOUND, productIn } from './handler.ts';
import { doWork } from './work.ts';

const TEXTS = ['Does what it should.', 'My aunt has two of them.', 'Smaller than I thought, but I like it.'];

const BAD = { errorShare: 0.05, slowShare: 0.025, slowMs: 400 };

export function reviews({ version, call, random }: Surroundings): Handler {
  return async ({ path, headers }) => {
    const product = productIn(path);
    if (product === undefined) return NOT_FOUND;
    await doWork({ medianMs: version === 'v2' ? 3 : 4, sigma: 0.4 }, random);
    if (version === 'v2-bad') {
      const fate = random();
      if (fate < BAD.errorShare) return { status: 500, body: { error: 'the connection pool is empty' } };
      if (fate < BAD.errorShare + BAD.slowShare) await sleep(BAD.slowMs);
    }
    const rated = await call('ratings', `/ratings/${product}`, headers);
    if (rated.status !== 200) return { status: 502, body: { error: `ratings answered ${rated.status}` } };
    const stars = starsIn(rated.body);
    const list = TEXTS.map((text, i) => ({ text, stars: stars[i] ?? null }));
    return {
      status: 200,
      body: version === 'v1' ? { product, reviews: list } : { product, average: mean(stars), reviews: list },
    };
  };
}

function starsIn(body: unknown): readonly number[] {
  const stars: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'stars') : undefined;
  return Array.isArray(stars) ? stars.filter((s): s is number => typeof s === 'number') : [];
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : Number((values.reduce((sum, v) => sum + v, 0) / values.length).toFixed(1));
}
