/** A ring of points (consistent hashing, Karger 1997): a key belongs to the next point; who leaves moves only its own keys. */
import { hashText } from '../random.ts';
import type { Draw, Member, Picker } from './member.ts';

/** @param perWeight - points of a member for each 1 of its weight: nobody else's points depend on who is there */
export function ringHash<M extends Member>(members: readonly M[], perWeight: number, draw: Draw): Picker<M> {
  const points = members.flatMap((member) =>
    Array.from({ length: Math.min(MOST_POINTS, Math.ceil(member.weight * perWeight)) }, (_, i) => ({
      at: hashText(`${member.address}_${i}`, 0),
      member,
    })),
  );
  points.sort((a, b) => a.at - b.at || (a.member.address < b.member.address ? -1 : 1));
  return { pick: (_, hash) => next(points, hash ?? draw())?.member };
}

/** Of one member: bounds the memory where weights are far apart. */
const MOST_POINTS = 65_536;

/** The first point at or after the hash, around the end. */
function next<T extends { readonly at: number }>(points: readonly T[], hash: number): T | undefined {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle]?.at ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return points[low] ?? points[0];
}
