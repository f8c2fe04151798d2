/**
 * A certificate for the names of another one, with a key of its own and signed by itself. Node.js issues none, so the few
 * structures are written here in DER; their meaning is that of RFC 5280 4.1.
 */
import { generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';
import { BIT_STRING, der, ECDSA_SHA256, INTEGER, pem, SEQUENCE } from './der.ts';

const [UTC_TIME, GENERALIZED_TIME] = [0x17, 0x18];
const [VERSION, EXTENSIONS] = [0xa0, 0xa3];
/** OBJECT IDENTIFIER of subjectAltName (2.5.29.17). */
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');

/** @param certificate - PEM; of several the first @returns PEM: subject and subjectAltName are the same, the rest is new */
export function selfSignedTwin(
  certificate: string,
  notBefore: Date,
  notAfter: Date,
): { readonly cert: string; readonly key: string } {
  const { subject, names } = namesOf(new X509Certificate(certificate).raw);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 1; // positive, and not led by a byte that DER would leave out
  const body = der(
    SEQUENCE,
    der(VERSION, der(INTEGER, Buffer.from([2]))), // v3
    der(INTEGER, serial),
    ECDSA_SHA256,
    subject,
    der(SEQUENCE, time(notBefore), time(notAfter)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(names ? [der(EXTENSIONS, der(SEQUENCE, names))] : []),
  );
  const signature = der(BIT_STRING, Buffer.from([0]), sign('sha256', body, privateKey));
  return {
    cert: pem('CERTIFICATE', der(SEQUENCE, body, ECDSA_SHA256, signature)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

type Value = { readonly tag: number; readonly content: Buffer; readonly whole: Buffer };

/** The subject of a certificate, and its extension subjectAltName, as they stand in it. */
function namesOf(certificate: Buffer): { readonly subject: Buffer; readonly names: Buffer | undefined } {
  const fields = inside(inside([...values(certificate)][0])[0]);
  // version [0], where it is given, then serial, algorithm, issuer, validity, subject
  const subject = fields[fields[0]?.tag === VERSION ? 5 : 4];
  const extensions = inside(inside(fields.find(({ tag }) => tag === EXTENSIONS))[0]);
  const names = extensions.find((extension) => inside(extension)[0]?.whole.equals(SUBJECT_ALT_NAME) === true);
  return { subject: subject?.whole ?? der(SEQUENCE), names: names?.whole };
}

function inside(value: Value | undefined): Value[] {
  return value ? [...values(value.content)] : [];
}

function* values(bytes: Buffer): Generator<Value> {
  for (let at = 0; at + 2 <= bytes.length;) {
    const short = bytes[at + 1] ?? 0;
    const size = short < 0x80 ? 0 : short & 0x7f;
    const start = at + 2 + size;
    const end = start + (size === 0 ? short : bytes.readUIntBE(at + 2, size));
    yield { tag: bytes[at] ?? 0, content: bytes.subarray(start, end), whole: bytes.subarray(at, end) };
    at = end;
  }
}

/** RFC 5280 4.1.2.5: years from 2050 on have four digits. */
function time(date: Date): Buffer {
  const text = `${date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')}`;
  return date.getUTCFullYear() < 2050
    ? der(UTC_TIME, Buffer.from(text.slice(2)))
    : der(GENERALIZED_TIME, Buffer.from(text));
}
