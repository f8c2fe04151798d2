/** Whether a certificate that came over the wire is the one that was asked for. Pure. */
import { X509Certificate } from 'node:crypto';
import { isProof, proofOfIssued } from '../../contracts/identity-proof.ts';
import { spiffeId, spiffeIdIn } from '../../contracts/spiffe.ts';
import type { FromControl } from '../../contracts/wire.ts';

export type Issued = Extract<FromControl, { type: 'identity' }>;

export type Asked = { readonly name: string; readonly token: string; readonly publicKey: Buffer };

/** @returns when it is over, in milliseconds since the Unix epoch, or why it cannot be used */
export function checkIssued(issued: Issued, { name, token, publicKey }: Asked, nowMs: number): number | string {
  const { id, trustDomain, certificate, bundle } = issued;
  if (!isProof(issued.proof, proofOfIssued({ id, trustDomain, certificate, bundle }, token))) {
    return 'who answered does not know the token: this is not our control plane';
  }
  let read: X509Certificate;
  try {
    read = new X509Certificate(certificate);
  } catch (error) {
    return `the certificate cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  if (!read.publicKey.export({ type: 'spki', format: 'der' }).equals(publicKey)) return 'it is of another key';
  const wanted = spiffeId(trustDomain, name);
  const found = spiffeIdIn(read.subjectAltName);
  if (found !== wanted) return `it is for ${found ?? 'nobody'}, not for ${wanted}`;
  const expiresAtMs = Date.parse(read.validTo);
  return expiresAtMs > nowMs ? expiresAtMs : `it was over at ${read.validTo}; do the clocks differ?`;
}
