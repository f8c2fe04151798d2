/** What answers say of a limit: draft-ietf-httpapi-ratelimit-headers-10, structured fields of RFC 9651. */
import type { BucketLimits } from './token-buckets.ts';

/** The window is left out where it is no whole number of seconds. @param name - without quotes and backslashes */
export function policyField(name: string, { requests, perMs }: BucketLimits): string {
  return `"${name}";q=${requests}${perMs % 1_000 === 0 ? `;w=${perMs / 1_000}` : ''}`;
}

/** @param left - requests that may come now @param fullInMs - until as many may come as ever */
export function stateField(name: string, left: number, fullInMs: number): string {
  return `"${name}";r=${left};t=${Math.ceil(fullInMs / 1_000)}`;
}
