/** The key of a request that decides what it meets: a header or a cookie. */
import type { Sticky } from '../../contracts/route.ts';
import type { RequestHead } from '../http1/head.ts';
import { cookieValue } from '../plan/match.ts';
import { hashText, ppmOf } from '../random.ts';

/** @returns undefined when the request brings none */
export function stickyKey(head: RequestHead, sticky: Sticky | undefined): string | undefined {
  if (!sticky) return undefined;
  return sticky.header !== undefined ? head.get(sticky.header) : cookieValue(head.get('cookie'), sticky.cookie ?? '');
}

/** The place of a sticky key on 0 … 999 999, or undefined when the request brings none. */
export function stickyPoint(head: RequestHead, sticky: Sticky | undefined, seed: number): number | undefined {
  const key = stickyKey(head, sticky);
  return key === undefined ? undefined : ppmOf(hashText(key, seed));
}
