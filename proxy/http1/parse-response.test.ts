import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readResponse } from '../../test/proxy/naive-http.ts';
import { COMPLETE, INCOMPLETE, INVALID, ResponseHead } from './head.ts';
import { isBodiless, parseResponseHead } from './parse-response.ts';

function outcomeOf(text: string): number {
  return parseResponseHead(new ResponseHead(), text, 0);
}

const response = fc
  .record({
    minor: fc.constantFrom(0, 1),
    status: fc.integer({ min: 100, max: 599 }),
    reason: fc.option(fc.stringMatching(/^[ -~\x80-\xff\t]{0,20}$/)),
    fields: fc.array(fc.tuple(fc.stringMatching(/^x-[a-z]{1,8}$/), fc.stringMatching(/^(?:[!-~]{1,20})?$/)), {
      maxLength: 6,
    }),
  })
  .map(({ minor, status, reason, fields }) => ({
    status,
    reason: reason ?? '',
    text: `HTTP/1.${minor} ${status}${reason === null ? '' : ` ${reason}`}\r\n${fields.map(([n, v]) => `${n}: ${v}\r\n`).join('')}\r\n`,
    fields,
  }));

describe('every response head', () => {
  it('is read as a second, naive parser reads it', () => {
    fc.assert(
      fc.property(response, ({ text, status, reason, fields }) => {
        const head = new ResponseHead();
        expect(parseResponseHead(head, text, 0)).toBe(COMPLETE);
        const strict = text.replace(/^(HTTP\/1\.\d \d\d\d)\r\n/, '$1 \r\n');
        const naive = readResponse(strict, 'HEAD', true)?.response;
        expect(head.status).toBe(naive?.status);
        expect(head.text.slice(head.reasonStart, head.reasonEnd)).toBe(naive?.reason);
        expect([head.status, head.fieldCount, reason]).toEqual([status, fields.length, naive?.reason]);
        expect(fields.map(([n]) => n)).toEqual(naive?.headers.map(([n]) => n));
      }),
      { numRuns: 500 },
    );
  });

  it('comes out the same however its bytes are split, and wherever it begins', () => {
    fc.assert(
      fc.property(response, fc.nat(20), ({ text, status }, before) => {
        const whole = 'z'.repeat(before) + text;
        const head = new ResponseHead();
        for (let i = before; i < whole.length; i++) {
          expect(parseResponseHead(head, whole.slice(0, i), before)).toBe(INCOMPLETE);
        }
        expect(parseResponseHead(head, whole, before)).toBe(COMPLETE);
        expect([head.status, head.end]).toEqual([status, whole.length]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('an invalid response head', () => {
  it.each([
    ['no HTTP', 'ICY 200 OK\r\n\r\n'],
    ['an empty line first', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['no status', 'HTTP/1.1\r\n'],
    ['a short status', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a long status', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status of 600', 'HTTP/1.1 600 No\r\n\r\n'],
    ['a status of 099', 'HTTP/1.1 099 No\r\n\r\n'],
    ['two spaces', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['a bare CR after the reason', 'HTTP/1.1 200 OK\rx: y\r\n\r\n'],
    ['a bare LF after the reason', 'HTTP/1.1 200 OK\nx: y\r\n\r\n'],
    ['both framings', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['a coding in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['a folded line', 'HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n'],
  ])('with %s is refused, as soon as it can be known', (_, text) => {
    expect(outcomeOf(text)).toBe(INVALID);
    const outcomes = Array.from({ length: text.length + 1 }, (_, i) => outcomeOf(text.slice(0, i)));
    const first = outcomes.indexOf(INVALID);
    expect(outcomes.slice(0, first).every((o) => o === INCOMPLETE)).toBe(true);
    expect(outcomes.slice(first).every((o) => o === INVALID)).toBe(true);
  });

  it('is refused when it does not end', () => {
    expect(outcomeOf(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(70_000)}`)).toBe(INVALID);
  });
});

it('knows which answers have no body whatever they say', () => {
  expect([100, 199, 204, 304].every((status) => isBodiless(status, false))).toBe(true);
  expect([200, 205, 206, 301, 404, 500].some((status) => isBodiless(status, false))).toBe(false);
  expect(isBodiless(200, true)).toBe(true);
});
