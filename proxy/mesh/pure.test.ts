/** The decisions of the mesh client, without a socket. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SourceDocument } from '../../contracts/document.ts';
import { keyOf } from '../../contracts/document.ts';
import { MeshproofError } from '../../contracts/errors.ts';
import { service } from '../testing/documents.ts';
import { backoffMs } from './backoff.ts';
import { documentsAfter } from './document-set.ts';
import type { Versioned } from './document-set.ts';
import { readIncoming } from './incoming.ts';
import { wireUrl } from './wire-url.ts';

describe('the back-off', () => {
  it('starts at most at 250 ms, doubles, and never exceeds 5 s', () => {
    expect([1, 2, 3, 4, 5, 6, 7, 1_000].map((n) => backoffMs(n, 1))).toEqual([
      250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000,
    ]);
  });

  it('is spread over half of its length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
        expect(backoffMs(n, share)).toBeGreaterThanOrEqual(backoffMs(n, 1) / 2);
        expect(backoffMs(n, share)).toBeLessThanOrEqual(backoffMs(n, 1));
      }),
    );
  });
});

describe('the address of the control plane', () => {
  it('may be written with or without a scheme', () => {
    expect(wireUrl('127.0.0.1:9900')).toBe('ws://127.0.0.1:9900/mesh/v1');
    expect(wireUrl('http://localhost:9900/')).toBe('ws://localhost:9900/mesh/v1');
    expect(wireUrl('https://mesh.example/base')).toBe('wss://mesh.example/base/mesh/v1');
    expect(wireUrl('ws://[::1]:9900')).toBe('ws://[::1]:9900/mesh/v1');
  });

  it('is refused when it is none', () => {
    for (const text of ['', 'ftp://x', 'http://']) expect(() => wireUrl(text)).toThrow(MeshproofError);
  });
});

describe('the documents of a version', () => {
  const none: Versioned = { version: null, documents: new Map() };
  const setOf = (documents: readonly SourceDocument[]): Versioned['documents'] =>
    new Map(documents.map((d) => [keyOf(d), d]));
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'));

  it('come out the same by deltas as by a snapshot', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ set: names, remove: names }), { maxLength: 8 }), (changes) => {
        let current: Versioned = { version: 0, documents: new Map() };
        const expected = new Map<string, SourceDocument>();
        changes.forEach(({ set, remove }, i) => {
          const documents = set.map((name) => service(name, `127.0.0.1:${i + 1}`));
          const keys = remove.map((name) => `Service/${name}`);
          for (const key of keys) expected.delete(key);
          for (const d of documents) expected.set(keyOf(d), d);
          const message = { type: 'delta', base: i, version: i + 1, set: documents, remove: keys } as const;
          current = { version: i + 1, documents: documentsAfter(current, { ...message, set: [...documents] }) };
        });
        expect(new Map(current.documents)).toEqual(expected);
      }),
    );
  });

  it('are not built on a version that is not here', () => {
    const delta = { type: 'delta', base: 4, version: 5, set: [], remove: [] } as const;
    for (const version of [null, 3, 5]) {
      const apply = (): unknown => documentsAfter({ ...none, version }, { ...delta, set: [], remove: [] });
      expect(apply).toThrow(expect.objectContaining({ code: 'WIRE_BASE_MISMATCH' }));
    }
  });

  it('leave the set before them as it was', () => {
    const before = setOf([service('a', '127.0.0.1:1')]);
    const delta = { type: 'delta', base: 1, version: 2, set: [], remove: ['Service/a'] } as const;
    documentsAfter({ version: 1, documents: before }, { ...delta, set: [], remove: ['Service/a'] });
    expect([...before.keys()]).toEqual(['Service/a']);
  });

  it('must have a kind and a name', () => {
    for (const bad of [
      {},
      { kind: 'Service' },
      { kind: 'Service', metadata: {} },
      { kind: 1, metadata: { name: 'a' } },
    ]) {
      const apply = (): unknown => documentsAfter(none, { type: 'snapshot', version: 1, documents: [bad] });
      expect(apply).toThrow(expect.objectContaining({ code: 'WIRE_MALFORMED' }));
    }
  });
});

describe('a message of the control plane', () => {
  it('is read when it is one', () => {
    const message = { type: 'halt', reason: 'x' };
    expect(readIncoming(JSON.stringify(message))).toEqual({ is: 'message', message });
  });

  it('is passed over when its type is newer than we are', () => {
    expect(readIncoming('{"type":"later","x":1}')).toEqual({ is: 'unknown', type: 'later' });
  });

  it('is malformed otherwise, with the version that it would have brought', () => {
    expect(readIncoming('{')).toMatchObject({ is: 'malformed', version: undefined });
    expect(readIncoming('[]')).toMatchObject({ is: 'malformed', version: undefined });
    expect(readIncoming('{"type":"snapshot","version":3}')).toMatchObject({ is: 'malformed', version: 3 });
    expect(readIncoming('{"type":"snapshot","version":"3"}')).toMatchObject({ is: 'malformed', version: undefined });
  });

  it('never throws, whatever it is', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void readIncoming(text)));
  });
});
