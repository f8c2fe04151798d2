/** From the balancer of a document to the policy that carries it out. */
import type { Balancer } from '../../contracts/balancer.ts';
import { leastRequest } from './least-request.ts';
import { maglev } from './maglev.ts';
import type { Draw, Member, Picker } from './member.ts';
import { randomChoice } from './random.ts';
import { ringHash } from './ring-hash.ts';
import { roundRobin, weightedRoundRobin } from './round-robin.ts';
import { weightOf } from './slow-start.ts';

/** @param members - not changed afterwards; another set needs another picker */
export function buildPicker<M extends Member>(balancer: Balancer, members: readonly M[], draw: Draw): Picker<M> {
  const weights = weightOf(balancer.slowStart);
  if (members.length === 0) return { pick: () => undefined };
  switch (balancer.policy) {
    case 'round-robin': {
      const first = members[0]?.weight;
      const isPlain = balancer.slowStart === undefined && members.every((m) => m.weight === first);
      return isPlain ? roundRobin(members, draw() % members.length) : weightedRoundRobin(members, weights);
    }
    case 'least-request':
      return leastRequest(members, weights, draw);
    case 'random':
      return randomChoice(members, weights, draw);
    case 'ring-hash':
      return ringHash(members, balancer.ringPoints, draw);
    case 'maglev':
      return maglev(members, balancer.tableSize, draw);
  }
}
