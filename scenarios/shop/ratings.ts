/** The ratings: stars for a product. Asks nobody. */
import type { Handler, Surroundings } from './handler.ts';
import { NOT_FOUND, productIn } from './handler.ts';
import { doWork } from './work.ts';

export function ratings({ random }: Surroundings): Handler {
  return async ({ path }) => {
    const product = productIn(path);
    if (product === undefined) return NOT_FOUND;
    await doWork({ medianMs: 2, sigma: 0.4 }, random);
    return { status: 200, body: { product, stars: [5, 4, 3 + (product % 3)] } };
  };
}
