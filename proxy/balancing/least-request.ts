/** The less busy of two that are drawn by chance: nearly as good as the least busy of all, and no herd runs to it. */
import type { Draw, Member, Picker } from './member.ts';
import { drawByWeight } from './random.ts';
import type { WeightOf } from './slow-start.ts';

/**
 * Power of two choices (Mitzenmacher 2001). Both are drawn by weight and compared by requests in flight per weight, so
 * that idle endpoints share by weight too. Where both draws meet the same one, it is taken.
 */
export function leastRequest<M extends Member>(members: readonly M[], weightOf: WeightOf, draw: Draw): Picker<M> {
  return {
    pick: (nowMs) => {
      const one = drawByWeight(members, weightOf, draw, nowMs);
      const other = drawByWeight(members, weightOf, draw, nowMs);
      if (one === undefined || other === undefined) return one;
      const busier = one.inFlight / weightOf(one, nowMs) > other.inFlight / weightOf(other, nowMs);
      return busier ? other : one;
    },
  };
}
