/** The catalog: what is for sale. Asks nobody. */
import type { Handler, Surroundings } from './handler.ts';
import { NOT_FOUND, productIn } from './handler.ts';
import { doWork } from './work.ts';

const NAMES = ['kettle', 'lamp', 'teapot', 'blanket', 'notebook', 'clock', 'vase', 'chair'];

export function catalog({ random }: Surroundings): Handler {
  return async ({ path }) => {
    const product = productIn(path);
    if (product === undefined) return NOT_FOUND;
    await doWork({ medianMs: 3, sigma: 0.4 }, random);
    const name = NAMES[product % NAMES.length];
    return { status: 200, body: { product, name, priceCents: 900 + (product % 97) * 10 } };
  };
}
