/** Whose limit a request counts against. */
import { isIP } from 'node:net';
import type { RateLimit } from '../../contracts/rate-limit.ts';
import { equalsWord } from '../http1/chars.ts';
import { RANGE } from '../http1/head.ts';
import type { RequestHead } from '../http1/head.ts';

export type KeyOf = (head: RequestHead, remoteIp: string | undefined) => string;

/** A key longer than this is cut: ten thousand of them have a bound. */
const MAX_KEY = 256;

export function clientKey(by: RateLimit['by']): KeyOf {
  if (by === undefined) return () => '';
  if (typeof by === 'string') return (head) => (head.get(by) ?? '').slice(0, MAX_KEY);
  const { trustedHops, ipv6Prefix } = by.address;
  return (head, remoteIp = '') => {
    const told = trustedHops === 0 ? undefined : forwardedFor(head, trustedHops);
    return networkOf(told ?? remoteIp, ipv6Prefix);
  };
}

/**
 * X-Forwarded-For grows to the right: what the n-th proxy before us has seen stands n-th from the end. What stands left of
 * that anybody may have written.
 * @returns undefined when there is no address in that place
 */
function forwardedFor(head: RequestHead, trustedHops: number): string | undefined {
  let all = '';
  for (let i = 0; i < head.fieldCount; i++) {
    const at = i * RANGE;
    if (equalsWord(head.text, head.ranges[at] ?? 0, head.ranges[at + 1] ?? 0, 'x-forwarded-for'))
      all += `,${head.value(i)}`;
  }
  const list = all.split(',').slice(1);
  const place = list[list.length - trustedHops]?.trim() ?? '';
  const bare = /^\[(.*)\](?::\d+)?$/.exec(place)?.[1] ?? place.replace(/^([\d.]+):\d+$/, '$1');
  return isIP(bare) === 0 ? undefined : bare;
}

/** An IPv6 client has a whole network to choose from. @returns the address, or the first bits of an IPv6 address */
export function networkOf(address: string, ipv6Prefix: number): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (isIP(address) !== 6) return address;
  const bits = groupsOf(address).map((group, i) => {
    const kept = Math.min(16, Math.max(0, ipv6Prefix - i * 16));
    return (group >> (16 - kept)) << (16 - kept);
  });
  return bits.map((group) => group.toString(16)).join(':');
}

/** The eight groups of an address that isIP has found valid. */
function groupsOf(address: string): number[] {
  const text = (address.split('%')[0] ?? '').replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...parts) => {
    const [a, b, c, d] = parts.map(Number);
    return `${(((a ?? 0) << 8) | (b ?? 0)).toString(16)}:${(((c ?? 0) << 8) | (d ?? 0)).toString(16)}`;
  });
  const [left = '', right] = text.split('::');
  const numbers = (part: string): number[] => (part === '' ? [] : part.split(':').map((group) => parseInt(group, 16)));
  const [before, after] = [numbers(left), numbers(right ?? '')];
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}
