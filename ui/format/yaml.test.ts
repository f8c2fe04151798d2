import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { toYaml } from './yaml.ts';

const scalar = fc.oneof(
  fc.string(),
  fc.constantFrom(
    '10%',
    '45s',
    '127.0.0.1:9081',
    'yes',
    'null',
    '1e3',
    '0x1F',
    '- a',
    'a: b',
    'a #b',
    '',
    ' ',
    '12:30',
    '.5',
    '1_000',
    '~',
  ),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((v) => !Object.is(v, -0)),
  fc.boolean(),
  fc.constant(null),
);
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((k) => k !== '__proto__'),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
})).value;

test('what is written reads back as the same value', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(parse(toYaml(value))).toEqual(value);
    }),
    { numRuns: 2_000 },
  );
});

test('a declaration looks as a person would write it', () => {
  const spec = {
    service: 'reviews',
    steps: [{ weight: 1 }, { weight: 5 }],
    hold: { min: '45s', max: '10m' },
    at: '127.0.0.1:80',
  };
  expect(toYaml({ kind: 'Canary', spec })).toBe(
    'kind: Canary\nspec:\n  service: reviews\n  steps: [{weight: 1}, {weight: 5}]\n  hold: {min: 45s, max: 10m}\n  at: 127.0.0.1:80\n',
  );
});

test('a long list takes a line for each item', () => {
  const endpoints = [10, 11, 12, 13].map((n) => `reviews-${n}.shop.svc.cluster.local:8080`);
  expect(toYaml({ endpoints })).toBe(`endpoints:\n${endpoints.map((e) => `  - ${e}\n`).join('')}`);
});
