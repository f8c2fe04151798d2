import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPLETE, RequestHead } from '../http1/head.ts';
import { parseRequestHead } from '../http1/parse-request.ts';
import { clientKey, networkOf } from './client-key.ts';
import { policyField, stateField } from './fields.ts';

function headWith(fields: string): RequestHead {
  const head = new RequestHead();
  if (parseRequestHead(head, `GET / HTTP/1.1\r\nhost: a\r\n${fields}\r\n`, 0) !== COMPLETE)
    throw new Error(head.detail);
  return head;
}
const byAddress = (trustedHops: number) => clientKey({ address: { trustedHops, ipv6Prefix: 64 } });
const forwarded = (list: string): RequestHead => headWith(`x-forwarded-for: ${list}\r\n`);

describe('the key of a client', () => {
  it('is one for all, a header, or the address of the connection', () => {
    const head = headWith('X-Api-Key: k1\r\nx-forwarded-for: 6.6.6.6\r\n');
    expect(clientKey(undefined)(head, '9.9.9.9')).toBe('');
    expect(clientKey('x-api-key')(head, '9.9.9.9')).toBe('k1');
    expect(byAddress(0)(head, '9.9.9.9')).toBe('9.9.9.9');
  });

  it('is what the trusted proxies have seen: what the client wrote itself stands further left', () => {
    expect(byAddress(1)(forwarded('6.6.6.6, 1.2.3.4'), '10.0.0.1')).toBe('1.2.3.4');
    expect(byAddress(2)(forwarded('6.6.6.6, 1.2.3.4, 10.0.0.9'), '10.0.0.1')).toBe('1.2.3.4');
    expect(byAddress(1)(headWith('x-forwarded-for: 6.6.6.6\r\nX-Forwarded-For: 1.2.3.4:99\r\n'), '10.0.0.1')).toBe(
      '1.2.3.4',
    );
    expect(byAddress(1)(forwarded('[2001:db8::1]:443'), '10.0.0.1')).toBe('2001:db8:0:0:0:0:0:0');
  });

  it('is the address of the connection where the list is too short, or holds no address there', () => {
    for (const list of ['unknown', '', '1.2.3.4, x'])
      expect(byAddress(1)(forwarded(list), '10.0.0.1')).toBe('10.0.0.1');
    expect(byAddress(2)(forwarded('1.2.3.4'), '10.0.0.1')).toBe('10.0.0.1');
  });

  it('has a bound', () => {
    expect(clientKey('x-api-key')(headWith(`x-api-key: ${'k'.repeat(5_000)}\r\n`), '')).toHaveLength(256);
  });
});

describe('networkOf', () => {
  it.each([
    ['2001:db8:1:2:3:4:5:6', 64, '2001:db8:1:2:0:0:0:0'],
    ['2001:db8:1:ff02::6', 56, '2001:db8:1:ff00:0:0:0:0'],
    ['fe80::1%eth0', 128, 'fe80:0:0:0:0:0:0:1'],
    ['64:ff9b::1.2.3.4', 128, '64:ff9b:0:0:0:0:102:304'],
    ['::', 1, '0:0:0:0:0:0:0:0'],
    ['::ffff:1.2.3.4', 64, '1.2.3.4'],
    ['1.2.3.4', 64, '1.2.3.4'],
  ])('%s with %i bits is %s', (address, prefix, network) => {
    expect(networkOf(address, prefix)).toBe(network);
  });

  it('is the same for two addresses exactly when their first bits are', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    const groups = fc.array(group, { minLength: 8, maxLength: 8 });
    const bits = (all: readonly number[]): string => all.map((g) => g.toString(2).padStart(16, '0')).join('');
    fc.assert(
      fc.property(
        groups,
        groups,
        fc.integer({ min: 0, max: 8 }),
        fc.integer({ min: 1, max: 128 }),
        (a, b, same, prefix) => {
          const other = [...a.slice(0, same), ...b.slice(same)];
          const text = (all: readonly number[]): string => all.map((g) => g.toString(16)).join(':');
          const equal = bits(a).slice(0, prefix) === bits(other).slice(0, prefix);
          if (a.slice(0, 5).every((g) => g === 0) || other.slice(0, 5).every((g) => g === 0)) return;
          expect(networkOf(text(a), prefix) === networkOf(text(other), prefix)).toBe(equal);
        },
      ),
    );
  });
});

describe('the fields of the draft', () => {
  it('name the limit, its quota and window, and what is left of it', () => {
    expect(policyField('shop-1', { requests: 100, perMs: 60_000, burst: 200 })).toBe('"shop-1";q=100;w=60');
    expect(policyField('shop-1', { requests: 5, perMs: 250, burst: 5 })).toBe('"shop-1";q=5');
    expect(stateField('shop-1', 99, 600)).toBe('"shop-1";r=99;t=1');
  });
});
