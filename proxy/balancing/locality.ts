/** Near endpoints first: how much of the load stays near, and what goes farther when too few are available. */
import type { Locality } from '../../contracts/balancer.ts';
import { PPM } from '../../contracts/units.ts';
import type { Member } from './member.ts';

/** The same zone, the same region, elsewhere: 0, 1, 2. Without a locality of our own all are equally near. */
export function distance(own: Locality | undefined, other: Locality | undefined): 0 | 1 | 2 {
  if (own === undefined) return 0;
  if (other?.region !== own.region) return 2;
  return own.zone === undefined || other.zone === own.zone ? 0 : 1;
}

export type Level<M extends Member> = {
  readonly members: readonly M[];
  /** Of the whole load, 0 to 1. */
  readonly share: number;
  /** Fewer are available than the panic threshold: all are used. */
  readonly panic: boolean;
};

/** 1.4: with 72 % of the near endpoints available nothing goes farther (Envoy's overprovisioning factor). */
const OVERPROVISIONING = 1.4;

/**
 * Envoy's priority levels: health = min(1, 1.4 · available / all); each level takes what its health allows of what the
 * nearer ones left over. Where all healths together are below 1, shares are scaled up to the whole, and levels below
 * the panic threshold use all of their members.
 * @param panicPpm - 0: no panic; then a level without an available member has none
 */
export function levels<M extends Member>(
  members: readonly M[],
  isAvailable: (member: M) => boolean,
  own: Locality | undefined,
  panicPpm: number,
): Level<M>[] {
  const near = [0, 1, 2].map((d) => members.filter((m) => distance(own, m.locality) === d)).filter((l) => l.length > 0);
  const available = near.map((level) => level.filter(isAvailable));
  const health = near.map((level, i) => Math.min(1, (OVERPROVISIONING * (available[i]?.length ?? 0)) / level.length));
  const sum = health.reduce((a, b) => a + b, 0);
  const inPanic = (i: number): boolean => {
    const all = near[i]?.length ?? 0;
    return sum < 1 && ((available[i]?.length ?? 0) / all) * PPM < panicPpm;
  };
  let left = 1;
  return near.map((level, i) => {
    const panic = inPanic(i);
    // With nobody available anywhere, the nearest level takes it all, in panic or (threshold 0) with no member.
    const wanted = sum === 0 ? (i === 0 ? 1 : 0) : (health[i] ?? 0) / Math.min(1, sum);
    const share = Math.min(left, wanted);
    left -= share;
    return { members: panic ? level : (available[i] ?? []), share, panic };
  });
}
