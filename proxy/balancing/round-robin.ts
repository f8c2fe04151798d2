/** In turn: a cursor where all weights are equal, else smooth weighted round robin. */
import type { Member, Picker } from './member.ts';
import type { WeightOf } from './slow-start.ts';

/** @param startAt - where the cursor begins: proxies that start together must not all begin with the same endpoint */
export function roundRobin<M extends Member>(members: readonly M[], startAt: number): Picker<M> {
  let cursor = startAt;
  return { pick: () => (members.length === 0 ? undefined : members[cursor++ % members.length]) };
}

/**
 * Smooth weighted round robin: each turn every member gains its weight, the richest is chosen and pays the sum. Spreads
 * a heavy member's turns evenly, and follows weights that change (slow start) at once. O(members) per turn.
 */
export function weightedRoundRobin<M extends Member>(members: readonly M[], weightOf: WeightOf): Picker<M> {
  const credit = new Float64Array(members.length);
  return {
    pick: (nowMs) => {
      let total = 0;
      let best: M | undefined;
      let bestAt = 0;
      for (const [i, member] of members.entries()) {
        const weight = weightOf(member, nowMs);
        total += weight;
        const now = (credit[i] ?? 0) + weight;
        credit[i] = now;
        if (best !== undefined && now <= (credit[bestAt] ?? 0)) continue;
        best = member;
        bestAt = i;
      }
      credit[bestAt] = (credit[bestAt] ?? 0) - total;
      return best;
    },
  };
}
