/** A cap on a share: kept by each worker for its own requests, and so by all together. */
import { PPM } from '../../../contracts/units.ts';
import type { Cap } from './cap.ts';

/** So many injections above the share may come in a row, after requests that the fault let be. */
const MOST_SAVED = 100;

/**
 * Every request that could meet the fault earns it the share of an injection, and each injection costs one: so at no
 * moment has it met more than the share of what it has seen, whatever ids the requests carry.
 */
export function shareCap(ppm: number): Cap {
  let saved = 0;
  return {
    name: 'share',
    look: () => void (saved = Math.min(saved + ppm, MOST_SAVED * PPM)),
    hasRoom: () => saved >= PPM,
    take: () => void (saved -= PPM),
  };
}
