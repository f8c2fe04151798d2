import { describe, expect, it } from 'vitest';
import { refusal } from './origin.ts';
import type { Asked } from './origin.ts';

const HERE = 'localhost:9900';
const asked = (rest: Partial<Asked>): Asked => ({
  method: 'POST',
  host: HERE,
  origin: undefined,
  upgrade: false,
  ...rest,
});
const allowed = (rest: Partial<Asked>, onLoopback = true): boolean => refusal(asked(rest), onLoopback) === undefined;

describe('on loopback', () => {
  it.each(['localhost:9900', 'localhost', 'LOCALHOST:1', '127.0.0.1:9900', '127.0.0.2', '[::1]:9900', '[::1]'])(
    'takes the host name %s',
    (host) => expect(allowed({ host })).toBe(true),
  );

  it.each([undefined, '', 'evil.test:9900', '127.0.0.1.evil.test', 'localhost.evil.test:9900', '10.0.0.1:9900'])(
    'refuses the host name %s, for reading too: a page could have bent it to point here',
    (host) => expect(allowed({ host, method: 'GET' })).toBe(false),
  );
});

describe('elsewhere', () => {
  it('takes any host name, and still no page of another', () => {
    expect(allowed({ host: 'mesh.example:9900' }, false)).toBe(true);
    expect(allowed({ host: 'mesh.example:9900', origin: 'http://mesh.example:9900' }, false)).toBe(true);
    expect(allowed({ host: 'mesh.example:9900', origin: 'http://evil.test' }, false)).toBe(false);
  });
});

describe('a page', () => {
  it('of this very address may do everything', () => {
    expect(allowed({ origin: `http://${HERE}` })).toBe(true);
    expect(allowed({ origin: `http://${HERE}`, upgrade: true, method: 'GET' })).toBe(true);
  });

  it.each(['http://evil.test', 'http://localhost:9901', 'null', 'not an origin'])(
    'of %s changes nothing and hears nothing',
    (origin) => {
      for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) expect(allowed({ origin, method })).toBe(false);
      expect(allowed({ origin, method: 'GET', upgrade: true })).toBe(false);
    },
  );

  it('of another origin may ask; its browser keeps the answer from it', () => {
    expect(allowed({ origin: 'http://evil.test', method: 'GET' })).toBe(true);
  });
});
