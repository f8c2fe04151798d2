/** The key that a hashing policy hashes. */
import type { HashOn } from '../../contracts/balancer.ts';
import type { Exchange } from '../exchange.ts';
import { cookieValue } from '../plan/match.ts';
import { hashText } from '../random.ts';

/** @returns undefined where the policy does not hash; its function: undefined when the request brings no key */
export function hashKey(hashOn: HashOn | undefined): ((exchange: Exchange) => number | undefined) | undefined {
  if (hashOn === undefined) return undefined;
  const value = valueOf(hashOn);
  return (exchange) => {
    const key = value(exchange);
    return key === undefined ? undefined : hashText(key, 0);
  };
}

function valueOf({ header, cookie }: HashOn): (exchange: Exchange) => string | undefined {
  if (header !== undefined) return (exchange) => exchange.head.get(header);
  if (cookie !== undefined) return (exchange) => cookieValue(exchange.head.get('cookie'), cookie);
  return (exchange) => exchange.downstream.remoteIp;
}
