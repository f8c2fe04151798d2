/**
 * A fault that one request asks for itself, in a header, signed by who may: `v1.<payload>.<HMAC-SHA256>`, both base64url.
 * The payload is JSON: when it ends, and the acts of a Fault.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

export const SIGNED_FAULT_HEADER = 'x-meshproof-fault';
/** Longer is no test any more, but a secret that leaked. */
export const MAX_SIGNED_FAULT_MS = 24 * 3_600_000;
const MAX_TEXT = 8_192;

const Payload = z.strictObject({
  /** Seconds since 1970. */
  exp: z.int(),
  fault: z.record(z.string(), z.unknown()),
});
export type SignedFault = z.output<typeof Payload>;

/** @param secret - at least 16 bytes, or a guess would do */
export function signFault(payload: SignedFault, secret: string): string {
  const text = Buffer.from(JSON.stringify(payload)).toString('base64url');
  return `v1.${text}.${macOf(text, secret)}`;
}

/**
 * @param nowMs - since 1970
 * @returns undefined for what is not signed with the secret, is over, or cannot be read
 */
export function openSignedFault(value: string, secret: string, nowMs: number): SignedFault | undefined {
  const [version, text, mac, ...more] = value.length > MAX_TEXT ? [] : value.split('.');
  if (version !== 'v1' || text === undefined || mac === undefined || more.length > 0) return undefined;
  const [given, right] = [Buffer.from(mac), Buffer.from(macOf(text, secret))];
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  const payload = Payload.safeParse(jsonOf(Buffer.from(text, 'base64url').toString()));
  if (!payload.success) return undefined;
  const leftMs = payload.data.exp * 1_000 - nowMs;
  return leftMs > 0 && leftMs <= MAX_SIGNED_FAULT_MS ? payload.data : undefined;
}

function macOf(text: string, secret: string): string {
  return createHmac('sha256', secret).update(`v1.${text}`).digest('base64url');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
