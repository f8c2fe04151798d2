import { describe, expect, it } from 'vitest';
import type { Answer, Surroundings } from './handler.ts';
import type { CallPeer } from './peer.ts';
import { ratings } from './ratings.ts';
import { reviews } from './reviews.ts';
import { storefront } from './storefront.ts';
import { drawMs } from './work.ts';

/** A generator that repeats; small and good enough to count with. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const peersThatAnswer =
  (status: number, body: unknown = { stars: [5, 4, 3] }): CallPeer =>
  () =>
    Promise.resolve({ status, body });

function around(changes: Partial<Surroundings>): Surroundings {
  return { version: 'v1', random: seeded(1), call: peersThatAnswer(200), ...changes };
}

describe('the shop', () => {
  it('tells its user when the reviews fail', async () => {
    const call: CallPeer = (service) => Promise.resolve({ status: service === 'reviews' ? 500 : 200, body: {} });
    const answer = await storefront(around({ call }))({ method: 'GET', path: '/products/3', headers: {} });
    expect(answer).toEqual({ status: 502, body: { error: 'reviews answered 500' } });
  });

  it('differs between v1 and v2 by the average alone', async () => {
    const ask = (version: string): Promise<Answer> =>
      reviews(around({ version }))({ method: 'GET', path: '/reviews/3', headers: {} });
    const [v1, v2] = [await ask('v1'), await ask('v2')];
    expect(v2.body).toEqual({ ...(v1.body as object), average: 4 });
  });

  it('has a bad version that is right whenever it answers', async () => {
    const random = seeded(7);
    const bad = reviews(around({ version: 'v2-bad', random }));
    const answers = await Promise.all(
      Array.from({ length: 400 }, () => bad({ method: 'GET', path: '/reviews/3', headers: {} })),
    );
    const failed = answers.filter((a) => a.status === 500).length;
    expect(failed).toBeGreaterThan(4);
    expect(failed).toBeLessThan(60);
    const good = await reviews(around({ version: 'v2' }))({ method: 'GET', path: '/reviews/3', headers: {} });
    for (const a of answers) if (a.status === 200) expect(a.body).toEqual(good.body);
  });

  it('rates every product, and nothing else', async () => {
    const ask = ratings(around({}));
    expect((await ask({ method: 'GET', path: '/ratings/12', headers: {} })).status).toBe(200);
    expect((await ask({ method: 'GET', path: '/ratings/', headers: {} })).status).toBe(404);
  });

  it('works for the median time in the middle', () => {
    const random = seeded(3);
    const drawn = Array.from({ length: 2_001 }, () => drawMs({ medianMs: 4, sigma: 0.4 }, random)).sort(
      (a, b) => a - b,
    );
    expect(drawn[1_000]).toBeGreaterThan(3.6);
    expect(drawn[1_000]).toBeLessThan(4.4);
    expect(drawn[0]).toBeGreaterThan(0);
  });
});
