import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPLETE, INCOMPLETE, INVALID, RequestHead } from './head.ts';
import { parseRequestHead } from './parse-request.ts';
import { readRequest } from '../../test/proxy/naive-http.ts';

function parse(text: string): RequestHead | string {
  const head = new RequestHead();
  const outcome = parseRequestHead(head, text, 0);
  return outcome === COMPLETE ? head : outcome === INCOMPLETE ? 'INCOMPLETE' : head.error;
}

function request(line: string, ...fields: string[]): string {
  return `${[line, ...fields].join('\r\n')}\r\n\r\n`;
}

function fieldsOf(head: RequestHead): [string, string][] {
  return Array.from({ length: head.fieldCount }, (_, i) => [
    head.text.slice(head.ranges[i * 4], head.ranges[i * 4 + 1]).toLowerCase(),
    head.value(i),
  ]);
}

describe('a valid head', () => {
  it('is read into ranges, without a copy of any field', () => {
    const head = parse(request('GET /a?b=c HTTP/1.1', 'Host: shop:80', 'X-Empty:', 'x-tabs: \t v \t'));
    expect(head).toBeInstanceOf(RequestHead);
    if (typeof head === 'string') return;
    expect([head.method, head.target, head.hostname, head.minor]).toEqual(['GET', '/a?b=c', 'shop', 1]);
    expect(fieldsOf(head)).toEqual([
      ['host', 'shop:80'],
      ['x-empty', ''],
      ['x-tabs', 'v'],
    ]);
    expect(head.get('x-tabs')).toBe('v');
    expect(head.get('x-none')).toBeUndefined();
  });

  it.each([
    ['GET http://a.example:8080 HTTP/1.1', '/', 'a.example'],
    ['GET http://a.example?q HTTP/1.1', '/?q', 'a.example'],
    ['OPTIONS http://a.example HTTP/1.1', '*', 'a.example'],
    ['OPTIONS * HTTP/1.1', '*', 'host.example'],
    ['CONNECT [::1]:443 HTTP/1.1', '[::1]:443', '[::1]'],
    ['GET HTTP://A.Example/x HTTP/1.1', '/x', 'a.example'],
  ])('%s asks for %s of %s', (line, target, hostname) => {
    const head = parse(request(line, 'host: Host.Example:1'));
    expect(typeof head === 'string' ? head : [head.target, head.hostname]).toEqual([target, hostname]);
  });

  it.each(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])('knows that %s is safe to repeat', (method) => {
    const head = parse(request(`${method} / HTTP/1.1`, 'host: a'));
    expect(typeof head !== 'string' && head.isIdempotent).toBe(true);
  });

  it.each(['POST', 'PATCH', 'get', 'GETS', 'TRACK', 'DELETES', 'LOCK'])(
    'does not take %s for safe to repeat',
    (method) => {
      const head = parse(request(`${method} / HTTP/1.1`, 'host: a'));
      expect(typeof head !== 'string' && head.isIdempotent).toBe(false);
    },
  );

  it('forgets the request before it', () => {
    const head = new RequestHead();
    const first = request(
      'CONNECT a:1 HTTP/1.1',
      'host: a',
      'connection: close, x-a',
      'x-a: 1',
      'upgrade: y',
      'expect: 100-continue',
    );
    expect(parseRequestHead(head, first, 0)).toBe(COMPLETE);
    const second = request('GET / HTTP/1.0');
    expect(parseRequestHead(head, second, 0)).toBe(COMPLETE);
    const fresh = new RequestHead();
    parseRequestHead(fresh, second, 0);
    expect({ ...head, ranges: 0, drop: 0 }).toEqual({ ...fresh, ranges: 0, drop: 0 });
  });
});

describe('an invalid head', () => {
  it.each([
    ['no Host', request('GET / HTTP/1.1'), 'HTTP_MALFORMED'],
    ['two Hosts', request('GET / HTTP/1.1', 'host: a', 'Host: a'), 'HTTP_MALFORMED'],
    ['a Host with a path', request('GET / HTTP/1.1', 'host: a/b'), 'HTTP_MALFORMED'],
    ['a Host with user information', request('GET / HTTP/1.1', 'host: u@a'), 'HTTP_MALFORMED'],
    ['a Host with a port that is none', request('GET / HTTP/1.1', 'host: a:99999'), 'HTTP_MALFORMED'],
    ['a bare LF', 'GET / HTTP/1.1\nhost: a\n\n', 'HTTP_MALFORMED'],
    ['a bare CR in a value', request('GET / HTTP/1.1', 'host: a', 'x: a\rb'), 'HTTP_MALFORMED'],
    ['a NUL', request('GET / HTTP/1.1', 'host: a', 'x: a\0b'), 'HTTP_MALFORMED'],
    ['a folded line', request('GET / HTTP/1.1', 'host: a', ' b'), 'HTTP_MALFORMED'],
    ['a space before a colon', request('GET / HTTP/1.1', 'host : a'), 'HTTP_MALFORMED'],
    ['an empty name', request('GET / HTTP/1.1', 'host: a', ': b'), 'HTTP_MALFORMED'],
    ['empty lines without end', `${'\r\n'.repeat(20)}${request('GET / HTTP/1.1', 'host: a')}`, 'HTTP_MALFORMED'],
    ['two spaces', request('GET  / HTTP/1.1', 'host: a'), 'HTTP_MALFORMED'],
    ['a tab', request('GET\t/ HTTP/1.1', 'host: a'), 'HTTP_MALFORMED'],
    ['a fragment', request('GET /#a HTTP/1.1', 'host: a'), 'HTTP_MALFORMED'],
    ['a backslash in the path', request('GET /a\\b HTTP/1.1', 'host: a'), 'HTTP_MALFORMED'],
    ['a target without a slash', request('GET a HTTP/1.1', 'host: a'), 'HTTP_MALFORMED'],
    ['* for GET', request('GET * HTTP/1.1', 'host: a'), 'HTTP_MALFORMED'],
    ['CONNECT to a path', request('CONNECT /a HTTP/1.1', 'host: a'), 'HTTP_MALFORMED'],
    ['lower-case http', request('GET / http/1.1', 'host: a'), 'HTTP_MALFORMED'],
    ['HTTP/1.2', request('GET / HTTP/1.2', 'host: a'), 'HTTP_VERSION_UNSUPPORTED'],
    [
      'both framings',
      request('GET / HTTP/1.1', 'host: a', 'content-length: 1', 'transfer-encoding: chunked'),
      'HTTP_MALFORMED',
    ],
    ['two lengths', request('GET / HTTP/1.1', 'host: a', 'content-length: 1', 'content-length: 1'), 'HTTP_MALFORMED'],
    ['a negative length', request('GET / HTTP/1.1', 'host: a', 'content-length: -1'), 'HTTP_MALFORMED'],
    ['a hex length', request('GET / HTTP/1.1', 'host: a', 'content-length: 0x10'), 'HTTP_MALFORMED'],
    [
      'a length beyond 2^53',
      request('GET / HTTP/1.1', 'host: a', 'content-length: 9007199254740993'),
      'HTTP_MALFORMED',
    ],
    ['chunked twice', request('GET / HTTP/1.1', 'host: a', 'transfer-encoding: chunked, chunked'), 'HTTP_MALFORMED'],
    ['a coding in HTTP/1.0', request('GET / HTTP/1.0', 'transfer-encoding: chunked'), 'HTTP_MALFORMED'],
    ['gzip', request('GET / HTTP/1.1', 'host: a', 'transfer-encoding: gzip, chunked'), 'HTTP_CODING_UNSUPPORTED'],
    [
      'two expectations',
      request('GET / HTTP/1.1', 'host: a', 'expect: 100-continue', 'expect: 100-continue'),
      'HTTP_MALFORMED',
    ],
  ])('with %s is refused', (_, text, error) => {
    expect(parse(text)).toBe(error);
  });
});

const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,12}$/);
const value = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,20}[!-~\x80-\xff])?)?$/);
const name = token.filter(
  (n) =>
    !/^(te|via|host|expect|upgrade|connection|keep-alive|content-length|transfer-encoding|proxy-.*|max-forwards)$/i.test(
      n,
    ),
);
const head = fc
  .record({
    leading: fc.constantFrom('', '\r\n', '\r\n\r\n'),
    method: token,
    target: fc.stringMatching(/^\/[!$-;=?-Z_a-z{|}~]{0,30}$/),
    minor: fc.constantFrom(0, 1),
    fields: fc.array(fc.tuple(name, value), { maxLength: 8 }),
    length: fc.option(fc.nat(50)),
  })
  .map(({ leading, method, target, minor, fields, length }) => {
    const lines = fields.map(([n, v]) => `${n}: ${v}`);
    const framing = length === null ? [] : [`content-length: ${length}`];
    return { leading, text: request(`${method} ${target} HTTP/1.${minor}`, 'host: a', ...lines, ...framing) };
  });

describe('every head', () => {
  it('is read as a second, naive parser reads it', () => {
    fc.assert(
      fc.property(head, ({ leading, text }) => {
        const ours = parse(leading + text);
        const naive = readRequest(`${text}${'b'.repeat(50)}`)?.seen;
        if (typeof ours === 'string') throw new Error(`${ours} for ${JSON.stringify(text)}`);
        expect([ours.method, ours.target, fieldsOf(ours)]).toEqual([naive?.method, naive?.target, naive?.headers]);
        expect(ours.end).toBe(leading.length + text.length);
        expect(Math.max(0, ours.contentLength)).toBe(naive?.body.length);
      }),
      { numRuns: 500 },
    );
  });

  it('comes out the same however its bytes are split', () => {
    fc.assert(
      fc.property(head, ({ leading, text }) => {
        const whole = leading + text;
        const reused = new RequestHead();
        for (let i = 0; i < whole.length; i++) {
          const outcome = parseRequestHead(reused, whole.slice(0, i), 0);
          if (outcome !== INCOMPLETE) throw new Error(`${outcome} after ${i} bytes: ${reused.detail}`);
        }
        expect(parseRequestHead(reused, whole, 0)).toBe(COMPLETE);
      }),
      { numRuns: 100 },
    );
  });

  it('that is broken is refused at some byte, and then at every later one', () => {
    const broken = fc.tuple(head, fc.nat(), fc.constantFrom('\0', '\r', '\n', '\x7f', '\x01'));
    fc.assert(
      fc.property(broken, ([{ text }, at, byte]) => {
        const position = at % (text.length - 1);
        const bad = text.slice(0, position) + byte + text.slice(position);
        const outcomes = Array.from({ length: bad.length + 1 }, (_, i) =>
          parseRequestHead(new RequestHead(), bad.slice(0, i), 0),
        );
        const firstInvalid = outcomes.indexOf(INVALID);
        const firstComplete = outcomes.indexOf(COMPLETE);
        // A stray byte is never read over: either it is seen, or (a CR before a CRLF at the start) it is part of an empty line.
        if (firstInvalid < 0) expect(bad.startsWith('\r\n') || firstComplete < position).toBe(true);
        else expect(outcomes.slice(firstInvalid).every((o) => o === INVALID)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
