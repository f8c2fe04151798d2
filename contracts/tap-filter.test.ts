import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TapSubject } from './tap-fields.ts';
import { parseTapFilter } from './tap-filter.ts';

type Request = {
  readonly texts?: Readonly<Record<string, string>>;
  readonly numbers?: Readonly<Record<string, number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly shielded?: boolean;
};

function subject({ texts = {}, numbers = {}, headers = {}, shielded = false }: Request): TapSubject {
  return {
    text: (field) => texts[field],
    number: (field) => numbers[field] ?? 0,
    flag: () => shielded,
    header: (name) => headers[name],
  };
}

function matches(filter: string, request: Request): boolean {
  const read = parseTapFilter(filter);
  if (!read.ok) throw new Error(`${read.error.at}: ${read.error.message}`);
  return read.matches(subject(request));
}

const PAY: Request = {
  texts: { method: 'POST', path: '/pay?x=1', service: 'shop', version: 'v2', endpoint: '127.0.0.1:9082' },
  numbers: { status: 503, duration: 260, attempts: 2, faults: 1 },
  headers: { 'x-tenant': 'acme' },
  shielded: true,
};

describe('a filter', () => {
  it.each([
    ['', true],
    ['status>=500&&path^="/pay"', true],
    ['status >= 500 and path ^= /pay', true],
    ["method == 'GET' or status == 5xx", true],
    ['status != 5xx', false],
    ['duration > 250ms', true],
    ['duration > 1.5s || attempts == 1', false],
    ['duration > 0.2s', true],
    ['not (status < 500) && !faults == 0', true],
    ['path *= "x=1" and path $= 1', true],
    ['endpoint = 127.0.0.1:9082', true],
    ['version == v2 && method == POST', true],
    ['header("X-Tenant") == acme', true],
    ['header("x-other") == acme', false],
    ['header(x-other) != acme', true],
    ['experiment == x', false],
    ['experiment != x', true],
    ['shielded', true],
    ['!shielded', false],
    ['method == GET and status == 200 or service == shop', true],
    ['method == GET and (status == 200 or service == shop)', false],
  ])('%s', (filter, expected) => {
    expect(matches(filter, PAY)).toBe(expected);
  });

  it.each([
    ['stauts >= 500', 0, 'there is no field "stauts"; did you mean status?'],
    ['status >= "a"', 10, 'status wants a number, or a class such as 5xx'],
    ['status >= 5xx', 10, 'status >= wants a number; 5xx goes with == and !='],
    ['status 500', 7, '"500" does not compare status'],
    ['path > "/a"', 5, '">" does not compare path; there are == != ^= $= *='],
    ['duration > 250', 11, 'duration wants a time with its unit'],
    ['path ^=', 7, 'a value for path is missing'],
    ['status >= 500 path == "/"', 14, '"path" comes unexpected; join with and, or'],
    ['(status == 500', 14, 'a closing ) is missing'],
    ['path == "/a', 8, 'no closing quote'],
    ['path ~ "/a"', 5, 'use ^='],
    ['status == 500 & shielded', 14, 'write &&, or and'],
    ['header("Authorization") ^= "B"', 7, 'authorization is kept secret'],
    ['header("x-api-key") == k', 7, 'x-api-key is kept secret'],
    ['status == 500 and', 17, 'a field is missing'],
    ['== 5', 0, 'a field comes here, not "=="'],
    [`${'('.repeat(60)}status == 1`, 40, 'too deep'],
    ['x'.repeat(1_001), 1_000, 'at most 1000 characters'],
  ])('%s is refused at its place', (filter, at, message) => {
    const read = parseTapFilter(filter);
    expect(read).toMatchObject({ ok: false, error: { at, message: expect.stringContaining(message) as string } });
  });

  it('means what its brackets say, whatever is joined', () => {
    type Tree = { readonly text: string; readonly value: boolean };
    const leaf = fc.boolean().map((value): Tree => ({ text: value ? 'status == 503' : 'status == 200', value }));
    const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        leaf,
        fc
          .tuple(tie('tree'), tie('tree'))
          .map(([a, b]) => ({ text: `(${a.text} and ${b.text})`, value: a.value && b.value })),
        fc
          .tuple(tie('tree'), tie('tree'))
          .map(([a, b]) => ({ text: `(${a.text} || ${b.text})`, value: a.value || b.value })),
        tie('tree').map((a) => ({ text: `not (${a.text})`, value: !a.value })),
      ),
    }));
    fc.assert(
      fc.property(tree, ({ text, value }) => {
        fc.pre(text.length <= 1_000);
        expect(matches(text, PAY)).toBe(value);
      }),
    );
  });

  it('is read or refused, and never throws, whatever it is', () => {
    const words = fc.constantFrom(
      'status',
      'path',
      '==',
      '(',
      ')',
      '!',
      'and',
      '||',
      '"a"',
      '5xx',
      '250ms',
      "'",
      'header',
      '\\',
    );
    const anything = fc.oneof(
      fc.string(),
      fc.array(words).map((all) => all.join(' ')),
    );
    fc.assert(
      fc.property(anything, (text) => {
        expect(typeof parseTapFilter(text).ok).toBe('boolean');
      }),
      { numRuns: 2_000 },
    );
  });
});
