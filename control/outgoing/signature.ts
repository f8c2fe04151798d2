/**
 * Signatures of messages as the Standard Webhooks specification has them (standardwebhooks.com): HMAC-SHA256 over id, time
 * and body, so that a receiver can check them with a library of any language.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export type Signed = {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature'?: string;
};

/**
 * @param id - the same for every attempt to send a message, and for no other message
 * @param atMs - Unix time of this attempt; a receiver refuses old ones, so that nothing can be replayed
 * @param secret - `whsec_` and base64, or any text; undefined: not signed
 */
export function sign(id: string, atMs: number, body: string, secret: string | undefined): Signed {
  const timestamp = String(Math.floor(atMs / 1_000));
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (secret === undefined) return headers;
  const mac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${mac}` };
}

/** How far the clock of a sender may be off: nothing older than this can be replayed. */
const TOLERANCE_S = 300;

/**
 * @param header - signatures with their version, divided by spaces: while a secret is changed there are two
 * @param nowMs - Unix time
 * @returns why the message is refused, in words that help no forger; undefined: it is signed
 */
export function refusalOfSignature(
  signed: { readonly id: string; readonly timestamp: string; readonly header: string; readonly body: string },
  secret: string,
  nowMs: number,
): string | undefined {
  const { id, timestamp, header, body } = signed;
  if (!/^[\x21-\x2d\x2f-\x7e]{1,100}$/.test(id))
    return 'webhook-id is missing, longer than 100 characters, or holds a dot';
  const atS = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : NaN;
  if (!(Math.abs(nowMs / 1_000 - atS) <= TOLERANCE_S))
    return 'webhook-timestamp is missing, or more than 5 minutes off';
  const expected = Buffer.from(sign(id, atS * 1_000, body, secret)['webhook-signature'] ?? '');
  const isSame = (given: string): boolean => {
    const bytes = Buffer.from(given);
    return bytes.length === expected.length && timingSafeEqual(bytes, expected);
  };
  return header.split(' ').some(isSame) ? undefined : 'webhook-signature does not fit the message';
}

function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
}
