/** Certificates for one run of the benchmark: an authority, and a certificate for each side of a mesh. */
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { spiffeId } from '../../contracts/spiffe.ts';

export const TRUST_DOMAIN = 'bench.mesh';
/** Who asks, and who is asked. */
export const [CALLER, SERVICE] = ['caller', 'bench'];

/** Files in PEM. */
export type Credentials = { readonly name: string; readonly certificate: string; readonly key: string };
export type Certificates = { readonly ca: string; readonly caller: Credentials; readonly service: Credentials };

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

export async function makeCertificates(folder: string): Promise<Certificates> {
  const [keys, validity] = [await newKeys(), validityNow()];
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=bench authority',
    keys,
    signingAlgorithm: ALGORITHM,
    ...validity,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const write = (file: string, pem: string): string => {
    writeFileSync(join(folder, file), pem, { mode: 0o600 });
    return join(folder, file);
  };
  const sign = async (name: string): Promise<Credentials> => {
    const own = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: `CN=${name}`,
      issuer: authority.subject,
      publicKey: own.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      ...validity,
      extensions: [
        new x509.SubjectAlternativeNameExtension([
          { type: 'dns', value: name },
          { type: 'url', value: spiffeId(TRUST_DOMAIN, name) },
        ]),
      ],
    });
    const pkcs8 = await crypto.subtle.exportKey('pkcs8', own.privateKey);
    return {
      name,
      certificate: write(`${name}.pem`, certificate.toString('pem')),
      key: write(`${name}.key`, x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')),
    };
  };
  return { ca: write('ca.pem', authority.toString('pem')), caller: await sign(CALLER), service: await sign(SERVICE) };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function validityNow(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
}
