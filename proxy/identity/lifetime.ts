/** When a certificate is renewed, and when somebody must hear that it was not. Pure. */

/** Around the half of its life; jittered, so that proxies that started together do not come together for ever. */
const RENEW_AT = 0.5;
const JITTER = 0.05;
/** From here on a renewal is late, and the log says so. */
const LATE_AT = 0.75;

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 30_000;

/** Milliseconds since the Unix epoch. */
export type Lifetime = { readonly issuedAtMs: number; readonly expiresAtMs: number; readonly renewAtMs: number };

/** @param share - uniform in 0 … 1 */
export function lifetimeOf(issuedAtMs: number, expiresAtMs: number, share: number): Lifetime {
  const at = RENEW_AT + JITTER * (2 * share - 1);
  return { issuedAtMs, expiresAtMs, renewAtMs: issuedAtMs + at * (expiresAtMs - issuedAtMs) };
}

export type Age = 'fresh' | 'due' | 'late' | 'over';

export function ageOf({ issuedAtMs, expiresAtMs, renewAtMs }: Lifetime, nowMs: number): Age {
  if (nowMs >= expiresAtMs) return 'over';
  if (nowMs >= issuedAtMs + LATE_AT * (expiresAtMs - issuedAtMs)) return 'late';
  // A clock that was set back to before it began says nothing of its age.
  return nowMs >= renewAtMs || nowMs < issuedAtMs ? 'due' : 'fresh';
}

/**
 * Doubles from half a second to 30 s; of that, between a half and the whole.
 * @param failures - in a row, >= 1 @param share - uniform in 0 … 1
 */
export function retryMs(failures: number, share: number): number {
  return Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), LONGEST_RETRY_MS) * (0.5 + share / 2);
}
