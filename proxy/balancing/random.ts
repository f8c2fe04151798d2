/** By chance, in proportion to the weights. */
import type { Draw, Member, Picker } from './member.ts';
import type { WeightOf } from './slow-start.ts';

export function randomChoice<M extends Member>(members: readonly M[], weightOf: WeightOf, draw: Draw): Picker<M> {
  return { pick: (nowMs) => drawByWeight(members, weightOf, draw, nowMs) };
}

export function drawByWeight<M extends Member>(
  members: readonly M[],
  weightOf: WeightOf,
  draw: Draw,
  nowMs: number,
): M | undefined {
  let total = 0;
  for (const member of members) total += weightOf(member, nowMs);
  let point = (draw() / 0x1_0000_0000) * total;
  for (const member of members) {
    point -= weightOf(member, nowMs);
    if (point < 0) return member;
  }
  return members.at(-1);
}
