import { describe, expect, it } from 'vitest';
import { Match } from '../../contracts/match.ts';
import { requestHead } from '../testing/runtime.ts';
import { compileMatch, cookieValue } from './match.ts';

function matches(match: unknown, line: string, ...fields: string[]): boolean {
  const predicate = compileMatch(Match.parse(match));
  return predicate === undefined || predicate(requestHead(line, ...fields));
}

describe('a match', () => {
  it('that names nothing costs nothing', () => {
    expect(compileMatch(undefined)).toBeUndefined();
    expect(compileMatch(Match.parse({}))).toBeUndefined();
    expect(compileMatch(Match.parse({ headers: {}, query: {} }))).toBeUndefined();
  });

  it.each([
    ['/api', '/api', true],
    ['/api', '/api/x', true],
    ['/api', '/api?x', true],
    ['/api', '/apix', false],
    ['/api', '/ap', false],
    ['/api/', '/api', true],
    ['/api/', '/api/x', true],
    ['/', '/anything', true],
    ['/', '/', true],
  ])('of the path prefix %s takes %s: %s', (prefix, target, expected) => {
    expect(matches({ path: { prefix } }, `GET ${target}`)).toBe(expected);
  });

  it('of an exact path leaves the query out', () => {
    expect(matches({ path: { exact: '/a' } }, 'GET /a?b=c')).toBe(true);
    expect(matches({ path: { exact: '/a' } }, 'GET /a/')).toBe(false);
    expect(matches({ path: { exact: '/a' } }, 'GET http://b/a?c')).toBe(true);
  });

  it('of a regular expression must match the whole value', () => {
    expect(matches({ path: { regex: '/a|/b' } }, 'GET /b')).toBe(true);
    expect(matches({ path: { regex: '/a|/b' } }, 'GET /bc')).toBe(false);
    expect(matches({ headers: { x: { regex: '\\d+' } } }, 'GET /', 'x: 12')).toBe(true);
    expect(matches({ headers: { x: { regex: '\\d+' } } }, 'GET /', 'x: 12a')).toBe(false);
    expect(matches({ headers: { x: { regex: '.*' } } }, 'GET /')).toBe(false);
  });

  it('of headers knows no case in names, and its case in values', () => {
    expect(matches({ headers: { 'X-Beta': { exact: 'Yes' } } }, 'GET /', 'x-bEtA: Yes')).toBe(true);
    expect(matches({ headers: { 'x-beta': { exact: 'Yes' } } }, 'GET /', 'x-beta: yes')).toBe(false);
    expect(matches({ headers: { 'x-beta': { prefix: 'Ye' } } }, 'GET /', 'x-beta: Yes')).toBe(true);
    expect(matches({ headers: { 'x-beta': { prefix: '' } } }, 'GET /')).toBe(false);
  });

  it('of presence takes what is there, or what is not', () => {
    expect(matches({ headers: { x: { present: true } } }, 'GET /', 'x:')).toBe(true);
    expect(matches({ headers: { x: { present: true } } }, 'GET /')).toBe(false);
    expect(matches({ headers: { x: { present: false } } }, 'GET /')).toBe(true);
    expect(matches({ query: { q: { present: true } } }, 'GET /?q')).toBe(true);
  });

  it('of the query reads decoded values', () => {
    expect(matches({ query: { q: { exact: 'a b' } } }, 'GET /?p=1&q=a%20b')).toBe(true);
    expect(matches({ query: { q: { exact: 'a b' } } }, 'GET /?q=a+b')).toBe(true);
    expect(matches({ query: { q: { exact: 'a' } } }, 'GET /')).toBe(false);
  });

  it('of several things needs all of them', () => {
    const match = { methods: ['GET', 'HEAD'], path: { prefix: '/a' }, headers: { x: { present: true } } };
    expect(matches(match, 'HEAD /a/b', 'x: 1')).toBe(true);
    expect(matches(match, 'POST /a/b', 'x: 1')).toBe(false);
    expect(matches(match, 'GET /b', 'x: 1')).toBe(false);
    expect(matches(match, 'GET /a')).toBe(false);
  });
});

it('finds a cookie among others, exactly by its name', () => {
  expect(cookieValue('a=1; session=abc=d; b=2', 'session')).toBe('abc=d');
  expect(cookieValue('xsession=1;session=2', 'session')).toBe('2');
  expect(cookieValue('Session=1', 'session')).toBeUndefined();
  expect(cookieValue(undefined, 'session')).toBeUndefined();
});
