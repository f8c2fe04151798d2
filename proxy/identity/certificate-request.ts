/** A new key, and the request for a certificate of it (PKCS #10, RFC 2986 4.1), which Node.js does not make. */
import { generateKeyPairSync, sign } from 'node:crypto';
import { BIT_STRING, der, ECDSA_SHA256, INTEGER, pem, SEQUENCE } from '../tls/der.ts';

/** attributes [0], of which there are none. */
const NO_ATTRIBUTES = Buffer.from([0xa0, 0x00]);
/** The authority decides what the certificate says: the request names nobody. */
const NO_SUBJECT = der(SEQUENCE);

export type KeyWithRequest = {
  /** PKCS #8, in PEM. */
  readonly key: string;
  /** SubjectPublicKeyInfo, in DER. */
  readonly publicKey: Buffer;
  readonly csr: string;
};

/** On the curve P-256. */
export function keyWithRequest(): KeyWithRequest {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const body = der(SEQUENCE, der(INTEGER, Buffer.from([0])), NO_SUBJECT, spki, NO_ATTRIBUTES);
  const signature = der(BIT_STRING, Buffer.from([0]), sign('sha256', body, privateKey));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: spki,
    csr: pem('CERTIFICATE REQUEST', der(SEQUENCE, body, ECDSA_SHA256, signature)),
  };
}
