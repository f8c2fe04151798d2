/** Roots of trust of a mesh: each a key and a certificate, made once and kept in the data directory. */
import 'reflect-metadata';
import { randomBytes } from 'node:crypto';
import type { webcrypto } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { MeshproofError } from '../../contracts/errors.ts';
import { readPrivate, writePrivate } from './private-files.ts';

export const EC_P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
/** Clocks of the machines of a mesh differ. */
export const CLOCK_SKEW_MS = 60_000;

const LASTS_YEARS = 10;
const SERIAL_BYTES = 16;

export type Root = {
  readonly number: number;
  readonly key: webcrypto.CryptoKey;
  readonly certificate: x509.X509Certificate;
};

/**
 * Reads the roots, or makes the first.
 * @returns the oldest first, at least one
 * @throws MeshproofError IDENTITY_ROOT_INVALID: what is there cannot be used; it is never replaced
 */
export async function openRoots(dataDir: string, trustDomain: string, now: Date): Promise<Root[]> {
  const numbers = numbersIn(folderIn(dataDir));
  if (numbers.length === 0) return [await makeRoot(dataDir, 1, trustDomain, now)];
  return Promise.all(numbers.map((number) => readRoot(fileOf(dataDir, number), number, trustDomain)));
}

export async function makeRoot(dataDir: string, number: number, trustDomain: string, now: Date): Promise<Root> {
  const keys = await crypto.subtle.generateKey(EC_P256, true, ['sign', 'verify']);
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  const certificate = await selfSigned(keys, number, trustDomain, now);
  const texts = [certificate.toString('pem'), x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), ''];
  writePrivate(fileOf(dataDir, number), texts.join('\n'));
  return { number, key: keys.privateKey, certificate };
}

export function removeRoot(dataDir: string, number: number): void {
  rmSync(fileOf(dataDir, number), { force: true });
}

export function madeAtMs({ certificate }: Root): number {
  return certificate.notBefore.getTime() + CLOCK_SKEW_MS;
}

/** Positive, as RFC 5280 4.1.2.2 wants it, in hexadecimal. */
export function serialNumber(): string {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

function folderIn(dataDir: string): string {
  return join(dataDir, 'identity');
}

/** Key and certificate in one file: it is there whole or not at all. */
function fileOf(dataDir: string, number: number): string {
  return join(folderIn(dataDir), `root-${number}.pem`);
}

function numbersIn(folder: string): number[] {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const numbers = readdirSync(folder).flatMap((file) => /^root-(\d+)\.pem$/.exec(file)?.[1] ?? []);
  return numbers.map(Number).sort((a, b) => a - b);
}

async function readRoot(file: string, number: number, trustDomain: string): Promise<Root> {
  const pem = readPrivate(file) ?? '';
  let root: { readonly keys: webcrypto.CryptoKeyPair; readonly certificate: x509.X509Certificate };
  try {
    root = { keys: await importKeys(pem), certificate: new x509.X509Certificate(partOf(pem, 'CERTIFICATE')) };
  } catch (cause) {
    throw new MeshproofError(
      'IDENTITY_ROOT_INVALID',
      `${file} must hold a certificate, and its key on the curve P-256, in PEM`,
      { cause },
    );
  }
  const wrong = await whatIsWrong(root.certificate, root.keys, trustDomain);
  if (wrong !== undefined) throw new MeshproofError('IDENTITY_ROOT_INVALID', `${file}: ${wrong}`);
  return { number, key: root.keys.privateKey, certificate: root.certificate };
}

async function importKeys(pem: string): Promise<webcrypto.CryptoKeyPair> {
  const pkcs8 = x509.PemConverter.decodeFirst(partOf(pem, 'PRIVATE KEY'));
  const privateKey = await crypto.subtle.importKey('pkcs8', pkcs8, EC_P256, true, ['sign']);
  // The public half of an EC key is in its JWK.
  const { d: _, key_ops: __, ...half } = await crypto.subtle.exportKey('jwk', privateKey);
  return { privateKey, publicKey: await crypto.subtle.importKey('jwk', half, EC_P256, true, ['verify']) };
}

/** @returns empty when it is not there */
function partOf(pem: string, what: string): string {
  const [part = ''] = new RegExp(`-----BEGIN ${what}-----[^-]+-----END ${what}-----`).exec(pem) ?? [];
  return part;
}

async function whatIsWrong(
  certificate: x509.X509Certificate,
  keys: webcrypto.CryptoKeyPair,
  trustDomain: string,
): Promise<string | undefined> {
  if (!(await certificate.verify({ publicKey: keys.publicKey, signatureOnly: true }))) {
    return 'it is not of the key beside it';
  }
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.toJSON() ?? [];
  const domains = names.map(({ value }) => value);
  return domains.includes(`spiffe://${trustDomain}`)
    ? undefined
    : `it is of ${domains.join(', ')}, not of the trust domain ${trustDomain}`;
}

async function selfSigned(
  keys: webcrypto.CryptoKeyPair,
  number: number,
  trustDomain: string,
  now: Date,
): Promise<x509.X509Certificate> {
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + LASTS_YEARS);
  return x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: `O=Meshproof, CN=Meshproof root ${number}`,
    keys,
    signingAlgorithm: EC_P256,
    notBefore: new Date(now.getTime() - CLOCK_SKEW_MS),
    notAfter,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${trustDomain}` }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
}
