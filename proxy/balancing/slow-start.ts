/** The weight of an endpoint that is warming up. */
import type { SlowStart } from '../../contracts/balancer.ts';
import { PPM } from '../../contracts/units.ts';
import type { Member } from './member.ts';

export type WeightOf<M extends Member = Member> = (member: M, nowMs: number) => number;

/** @returns the weight as declared, or Envoy's slow start: w · max(min, (t / window)^(1 / aggression)) */
export function weightOf(slowStart: SlowStart | undefined): WeightOf {
  if (slowStart === undefined || slowStart.window === 0) return (member) => member.weight;
  const { window: windowMs, aggression, minWeight } = slowStart;
  return ({ weight, sinceMs }, nowMs) => {
    const ageMs = nowMs - sinceMs;
    if (ageMs >= windowMs) return weight;
    return weight * Math.max(minWeight / PPM, (Math.max(0, ageMs) / windowMs) ** (1 / aggression));
  };
}
