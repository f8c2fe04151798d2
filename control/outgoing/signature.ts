/**
 * Signatures of messages as the Standard Webhooks specification has them (standardwebhooks.com): HMAC-SHA256 over id, time
 * and body, so that a receiver can check them with a library of any language.
 */
import { createHmac } from 'node:crypto';

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

function keyOf(secret: string): Buffer {
  return secret.startsWith('whsec_') ? Buffer.from(secret.slice('whsec_'.length), 'base64') : Buffer.from(secret);
}
