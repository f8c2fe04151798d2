import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paramOf, paths, routeOf, withParam } from './routes.ts';

test('the address of an experiment leads back to its name, whatever the name', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
      expect(routeOf(paths.experiment(name))).toEqual({ page: 'experiment', name });
    }),
  );
});

test('an address that is no page is not found, broken encoding too', () => {
  for (const path of ['/experiments', '/experiments/a/b', '/x', '/experiments/%zz'])
    expect(routeOf(path)).toEqual({ page: 'not-found', path });
  expect(routeOf('/')).toEqual({ page: 'overview' });
});

test('one parameter changes and the others stay', () => {
  expect(withParam('?a=1&window=5m', 'window', '1m')).toBe('?a=1&window=1m');
  expect(withParam('?window=5m', 'window', null)).toBe('');
  expect(paramOf('?window=all', 'window')).toBe('all');
});
