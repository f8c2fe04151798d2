/**
 * How a proxy shows the control plane that it may have an identity, and the control plane shows that it is the right one:
 * both know a token of that identity, and neither sends it. What they say carries an HMAC-SHA256 under it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** The environment variable in which a proxy finds its token. */
export const TOKEN_VARIABLE = 'MESHPROOF_TOKEN';
/** Where the control plane keeps the secret of all tokens, in its data directory. */
export const JOIN_SECRET_FILE = 'identity/join.secret';

/** @param name - as in contracts/spiffe.ts @param secret - of the control plane; who has it may be anybody */
export function tokenFor(name: string, secret: string): string {
  return createHmac('sha256', secret).update(`meshproof token v1\n${name}`).digest('base64url');
}

export type IdentityRequest = { readonly id: string; readonly name: string; readonly csr: string };
export type IssuedIdentity = {
  /** Of the request: an answer to another one proves nothing. */
  readonly id: string;
  readonly trustDomain: string;
  readonly certificate: string;
  readonly bundle: string;
};

export function proofOfRequest({ id, name, csr }: IdentityRequest, token: string): string {
  return macOf(['request', id, name, csr], token);
}

export function proofOfIssued({ id, trustDomain, certificate, bundle }: IssuedIdentity, token: string): string {
  return macOf(['issued', id, trustDomain, certificate, bundle], token);
}

/** In the same time whatever `given` is. */
export function isProof(given: string, right: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function macOf(said: readonly string[], token: string): string {
  return createHmac('sha256', token).update(JSON.stringify(said)).digest('base64url');
}
