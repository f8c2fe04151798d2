import 'reflect-metadata';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { expect, it } from 'vitest';
import { keyWithRequest } from './certificate-request.ts';

it('makes requests that another library takes, for a key that is new each time', async () => {
  const { key, publicKey, csr } = keyWithRequest();
  const request = new x509.Pkcs10CertificateRequest(csr);
  expect(await request.verify()).toBe(true);
  expect(Buffer.from(request.publicKey.rawData).equals(publicKey)).toBe(true);
  expect(createPublicKey(createPrivateKey(key)).export({ type: 'spki', format: 'der' }).equals(publicKey)).toBe(true);
  expect(keyWithRequest().publicKey.equals(publicKey)).toBe(false);
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
it.runIf(hasOpenssl || process.env['CI'] === 'true')('makes requests that OpenSSL takes', () => {
  const args = ['req', '-verify', '-noout', '-text'];
  const { csr: input } = keyWithRequest();
  const said = execFileSync('openssl', args, { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'ignore'] });
  expect(said).toContain('ASN1 OID: prime256v1');
});
