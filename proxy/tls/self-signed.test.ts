import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { TestAuthority } from '../../test/proxy/certificates.ts';
import { selfSignedTwin } from './self-signed.ts';

let model: string;
beforeAll(async () => {
  const authority = await TestAuthority.make();
  const names = [
    { type: 'url', value: 'spiffe://test.mesh/service/shop' },
    { type: 'dns', value: `${'long-'.repeat(11)}.example` },
    { type: 'dns', value: `${'more-'.repeat(11)}.example` },
    { type: 'ip', value: '127.0.0.1' },
  ] as const;
  model = (await authority.sign({ names })).certificate;
});

it('names whom its model names, and is signed with its own key', () => {
  const { cert, key } = selfSignedTwin(model, new Date('2026-01-01'), new Date('2026-02-03T04:05:06Z'));
  const [made, from] = [new X509Certificate(cert), new X509Certificate(model)];
  expect([made.subject, made.subjectAltName]).toEqual([from.subject, from.subjectAltName]);
  expect(made.issuer).toBe(made.subject);
  expect(made.validTo).toBe('Feb  3 04:05:06 2026 GMT');
  expect(made.verify(made.publicKey)).toBe(true);
  expect(made.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(() => createSecureContext({ cert, key })).not.toThrow();
});

it('is valid for just the time that was asked for, in any century', () => {
  const span = fc.date({ min: new Date('1950-01-01'), max: new Date('2999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(span, span, (from, to) => {
      const made = new X509Certificate(selfSignedTwin(model, from, to).cert);
      const seconds = (date: Date): number => Math.floor(date.getTime() / 1_000);
      expect(seconds(new Date(made.validFrom))).toBe(seconds(from));
      expect(seconds(new Date(made.validTo))).toBe(seconds(to));
    }),
    { numRuns: 40 },
  );
});

it('can be made from what it has made itself', () => {
  const twin = selfSignedTwin(model, new Date(0), new Date(1e12));
  const again = new X509Certificate(selfSignedTwin(twin.cert, new Date(0), new Date(1e12)).cert);
  expect(again.subjectAltName).toBe(new X509Certificate(model).subjectAltName);
});
