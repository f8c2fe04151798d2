/** Max-Forwards (RFC 9110 7.6.2): how many more hops a TRACE or OPTIONS may take. Other methods do not heed it. */
import type { RequestHead } from './head.ts';

/** @returns the hops that are left, or undefined where the field does not count or is not a number */
export function hopsLeft(head: RequestHead): number | undefined {
  if (head.maxForwardsField < 0 || (head.method !== 'OPTIONS' && head.method !== 'TRACE')) return undefined;
  const value = head.value(head.maxForwardsField);
  return /^\d{1,9}$/.test(value) ? Number(value) : undefined;
}
