/** The key of a request that decides what it meets: a header or a cookie. */
import type { Overlay } from '../../contracts/overlay.ts';
import type { Sticky } from '../../contracts/route.ts';
import type { Exchange } from '../exchange.ts';
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

/** A client without the cookie gets one. @param seconds - for how long @returns its value */
export function giveCookie(exchange: Exchange, cookie: string, seconds: number): string {
  const { random } = exchange.runtime;
  const part = (): string => random.uint32().toString(16).padStart(8, '0');
  const key = `${part()}${part()}${part()}`;
  const value = `${cookie}=${key}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax`;
  exchange.responseEdits().append('set-cookie', value);
  return key;
}

/** @returns what gives a new user a place on 0 … 999 999; undefined where no cookie is to be given */
export function pointGiver(
  { sticky, giveCookieS }: Pick<Overlay, 'sticky' | 'giveCookieS'>,
  seed: number,
): ((exchange: Exchange) => number) | undefined {
  const cookie = sticky?.cookie;
  if (cookie === undefined || giveCookieS === undefined) return undefined;
  return (exchange) => ppmOf(hashText(giveCookie(exchange, cookie, giveCookieS), seed));
}
