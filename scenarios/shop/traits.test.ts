import { describe, expect, it } from 'vitest';
import { Hands } from './hands.ts';
import type { Answer, Handler, Question } from './handler.ts';
import { traitsOf, withTraits } from './traits.ts';
import type { Traits } from './traits.ts';

const fine: Handler = () => Promise.resolve({ status: 200, body: { product: 7 } });

/** The answers to n requests of the same kind. Draws are spread evenly. */
async function ask(traits: Partial<Traits>, question: Partial<Question>, n = 100): Promise<Answer[]> {
  let drawn = 0;
  const special = withTraits(fine, traitsOf(JSON.stringify(traits)), () => (drawn++ % 100) / 100);
  const full = { method: 'GET', path: '/products/7', headers: {}, ...question };
  return Promise.all(Array.from({ length: n }, () => special(full)));
}

const failed = (answers: readonly Answer[]): number => answers.filter((a) => a.status === 500).length;

describe('the traits of a version', () => {
  it('are none without any', async () => {
    for (const answer of await ask({}, {})) expect(answer).toEqual({ status: 200, body: { product: 7 } });
  });

  it('fail the share of requests that they name, and of these methods and paths only', async () => {
    const traits = { errorPercent: 30, methods: ['POST'], paths: ['/products'] };
    expect(failed(await ask(traits, { method: 'POST' }))).toBe(30);
    expect(failed(await ask(traits, { method: 'GET' }))).toBe(0);
    expect(failed(await ask(traits, { method: 'POST', path: '/other' }))).toBe(0);
  });

  it('report goals, and change answers', async () => {
    const goals = await ask({ purchasePercent: 12 }, {});
    expect(goals.filter((a) => a.headers?.['x-goal'] === 'purchase')).toHaveLength(12);
    const changed = await ask({ differsPercent: 5 }, {});
    expect(changed.filter((a) => JSON.stringify(a.body) === '{"product":-1}')).toHaveLength(5);
  });

  it('are refused when they are not known', () => {
    expect(() => traitsOf('{"erorPercent": 3}')).toThrow('erorPercent');
  });
});

describe('hands', () => {
  it('do so much at once, the rest in the order in which it came', async () => {
    const hands = new Hands(2);
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const all = [1, 2, 3, 4].map((n) =>
      hands.do(async () => {
        begun.push(n);
        await new Promise<void>((end) => ends.push(end));
      }),
    );
    await expect.poll(() => begun).toEqual([1, 2]);
    ends.shift()?.();
    await expect.poll(() => begun).toEqual([1, 2, 3]);
    ends.shift()?.();
    await expect.poll(() => begun).toEqual([1, 2, 3, 4]);
    for (const end of ends) end();
    await Promise.all(all);
  });
});
