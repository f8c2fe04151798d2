/** The few structures of certificates that are written here, in DER (X.690), and PEM around them (RFC 7468). */

export const [INTEGER, BIT_STRING, SEQUENCE] = [0x02, 0x03, 0x30] as const;
/** AlgorithmIdentifier of ecdsa-with-SHA256 (1.2.840.10045.4.3.2). */
export const ECDSA_SHA256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.from([tag, length]), content]);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(length);
  const digits = size.subarray(size.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length]), digits, content]);
}

/** @param label - `CERTIFICATE`, `CERTIFICATE REQUEST` */
export function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replaceAll(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
