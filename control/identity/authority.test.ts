import 'reflect-metadata';
import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { Authority } from './authority.ts';
import { EC_P256 } from './root.ts';

/** Says of what is signed here whether others would take it. */
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
const withOpenssl = it.runIf(hasOpenssl || process.env['CI'] === 'true');

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

let dataDir: string;
let nowMs: number;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'meshproof-ca-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  nowMs = Date.parse('2026-03-01T00:00:00Z');
});

const open = (trustDomain = 'test.mesh'): Promise<Authority> =>
  Authority.open({ dataDir, trustDomain, lifetimeMs: HOUR_MS, wallClock: () => new Date(nowMs) });
const roots = (): string[] => readdirSync(join(dataDir, 'identity'));
const stages = (authority: Authority): string[] => authority.view().roots.map(({ stage }) => stage);

async function request(algorithm = EC_P256): Promise<string> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: 'CN=whoever',
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: 'spiffe://test.mesh/service/root' }])],
  });
  return csr.toString('pem');
}

/** What OpenSSL, which no code of ours has a part in, says of a certificate. */
function openssl(bundle: string, certificate: string, purpose: 'sslclient' | 'sslserver'): string {
  const [ca, leaf] = [join(dataDir, 'ca.pem'), join(dataDir, 'leaf.pem')];
  writeFileSync(ca, bundle);
  writeFileSync(leaf, certificate);
  const at = String(Math.floor(nowMs / 1_000));
  const args = ['verify', '-x509_strict', '-attime', at, '-purpose', purpose, '-CAfile', ca, leaf];
  return execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('the authority', () => {
  withOpenssl(
    'gives out certificates that OpenSSL takes from clients and from servers, with one SPIFFE id',
    async () => {
      const authority = await open();
      const pem = await authority.sign('gateway/edge', await request());
      for (const purpose of ['sslclient', 'sslserver'] as const) {
        expect(openssl(authority.bundle, pem, purpose)).toContain('leaf.pem: OK');
      }
      const certificate = new X509Certificate(pem);
      expect(certificate.subjectAltName).toBe('URI:spiffe://test.mesh/gateway/edge');
      expect(certificate.ca).toBe(false);
      expect(Date.parse(certificate.validTo)).toBe(nowMs + HOUR_MS);
      expect(Date.parse(certificate.validFrom)).toBe(nowMs - 60_000);
    },
  );

  it('takes nothing from a request but its key', async () => {
    const csr = await request();
    const certificate = new X509Certificate(await (await open()).sign('shop', csr));
    expect(certificate.subjectAltName).toBe('URI:spiffe://test.mesh/service/shop');
    expect(certificate.subject).toBe('O=Meshproof');
    const asked = createPublicKey({
      key: Buffer.from(new x509.Pkcs10CertificateRequest(csr).publicKey.rawData),
      format: 'der',
      type: 'spki',
    });
    expect(certificate.publicKey.equals(asked)).toBe(true);
  });

  it('refuses what is no request, what is not signed with its key, and other curves', async () => {
    const authority = await open();
    const der = Buffer.from(x509.PemConverter.decodeFirst(await request()));
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    const forged = x509.PemConverter.encode(der, 'CERTIFICATE REQUEST');
    const other = await request({ name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' });
    for (const csr of ['', 'nonsense', forged, other]) {
      await expect(authority.sign('shop', csr)).rejects.toMatchObject({ code: 'IDENTITY_REFUSED' });
    }
  });

  withOpenssl('is the same after a restart', async () => {
    const before = await open();
    const pem = await before.sign('shop', await request());
    const after = await open();
    expect(after.bundle).toBe(before.bundle);
    expect(openssl(after.bundle, pem, 'sslserver')).toContain('OK');
  });

  it('keeps its key where only its owner reads, and does not use one that others may read', async () => {
    await open();
    const file = join(dataDir, 'identity', 'root-1.pem');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, 'identity')).mode & 0o777).toBe(0o700);
    chmodSync(file, 0o640);
    await expect(open()).rejects.toMatchObject({ code: 'IDENTITY_ROOT_INVALID' });
  });

  it('never replaces a root that it cannot use', async () => {
    await open();
    const file = join(dataDir, 'identity', 'root-1.pem');
    const good = readFileSync(file, 'utf8');
    await expect(open('other.mesh')).rejects.toMatchObject({ code: 'IDENTITY_ROOT_INVALID' });
    const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const swapped = good.replace(
      /-----BEGIN PRIVATE[^]*/,
      otherKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    );
    for (const bad of ['', 'nonsense', good.slice(0, 300), swapped]) {
      writeFileSync(file, bad);
      await expect(open()).rejects.toMatchObject({ code: 'IDENTITY_ROOT_INVALID' });
      expect(readFileSync(file, 'utf8')).toBe(bad);
    }
  });
});

describe('a new root', () => {
  withOpenssl('is trusted before it signs, and what the old one signed is trusted until its end', async () => {
    const authority = await open();
    const first = await authority.sign('shop', await request());
    await authority.rotate();
    expect(stages(authority)).toEqual(['signing', 'coming']);
    const second = await authority.sign('shop', await request());
    const both = authority.bundle;
    expect(openssl(both, first, 'sslserver')).toContain('OK');
    nowMs += HOUR_MS + 60_000;
    expect(stages(authority)).toEqual(['leaving', 'signing']);
    const third = await authority.sign('shop', await request());
    expect(openssl(both, third, 'sslclient')).toContain('OK');
    expect(() => openssl(new X509Certificate(both).toString(), third, 'sslclient')).toThrow();
    expect(new X509Certificate(second).issuer).not.toBe(new X509Certificate(third).issuer);
    nowMs += HOUR_MS + 60_000;
    expect(stages(authority)).toEqual(['signing']);
    expect(() => openssl(authority.bundle, third, 'sslserver'), 'it is over by now').toThrow();
    expect(openssl(authority.bundle, await authority.sign('shop', await request()), 'sslserver')).toContain('OK');
  });

  it('goes on where it was after a restart, and comes one at a time', async () => {
    const authority = await open();
    const [first, together] = await Promise.allSettled([authority.rotate(), authority.rotate()]);
    expect([first.status, together.status]).toEqual(['fulfilled', 'rejected']);
    await expect(authority.rotate()).rejects.toMatchObject({ code: 'IDENTITY_ROTATION_RUNNING' });
    const again = await open();
    expect(again.bundle).toBe(authority.bundle);
    expect(stages(again)).toEqual(['signing', 'coming']);
    nowMs += 3 * HOUR_MS;
    await again.rotate();
    expect(roots(), 'the key that signs no more is gone').toEqual(['root-2.pem', 'root-3.pem']);
  });

  it('is made by itself in the last year of the old one', async () => {
    await open();
    nowMs += 9 * YEAR_MS - DAY_MS;
    expect(stages(await open())).toEqual(['signing']);
    nowMs += 10 * DAY_MS;
    expect(stages(await open())).toEqual(['signing', 'coming']);
  });
});
