/**
 * The storefront: the page that users see, from the catalog and the reviews. When either fails it says so to its
 * user instead of hiding it: the shop is here to show who gets hurt.
 */
import type { Handler, Surroundings } from './handler.ts';
import { NOT_FOUND, productIn } from './handler.ts';
import { doWork } from './work.ts';

export function storefront({ call, random }: Surroundings): Handler {
  return async ({ path, headers }) => {
    const product = productIn(path);
    if (product === undefined) return NOT_FOUND;
    await doWork({ medianMs: 1, sigma: 0.3 }, random);
    const [item, opinions] = await Promise.all([
      call('catalog', `/products/${product}`, headers),
      call('reviews', `/reviews/${product}`, headers),
    ]);
    for (const [name, reply] of [
      ['catalog', item],
      ['reviews', opinions],
    ] as const) {
      if (reply.status !== 200) return { status: 502, body: { error: `${name} answered ${reply.status}` } };
    }
    return { status: 200, body: { page: 'product', item: item.body, opinions: opinions.body } };
  };
}
