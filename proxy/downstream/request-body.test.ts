import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readChunked } from '../../test/proxy/naive-http.ts';
import { COMPLETE, RequestHead } from '../http1/head.ts';
import { parseRequestHead } from '../http1/parse-request.ts';
import { RequestBody } from './request-body.ts';

function bodyOf(framing: string): RequestBody {
  const head = new RequestHead();
  if (parseRequestHead(head, `POST / HTTP/1.1\r\nhost: a\r\n${framing}\r\n\r\n`, 0) !== COMPLETE)
    throw new Error(head.detail);
  const body = new RequestBody();
  body.start(head);
  return body;
}

const text = (parts: readonly Buffer[]): string => Buffer.concat(parts).toString('latin1');

describe('a chunked body', () => {
  it('goes on as the same bytes in chunks of our own, however it came, with the trailers that may', () => {
    const chunks = fc.array(fc.stringMatching(/^[a-z]{1,9}$/), { maxLength: 8 });
    fc.assert(
      fc.property(chunks, fc.array(fc.nat(60), { maxLength: 6 }), fc.boolean(), (parts, cuts, streamed) => {
        const wire = `${parts.map((p) => `${p.length.toString(16)};x=y\r\n${p}\r\n`).join('')}0\r\nx-t: 1\r\nHost: other\r\n\r\nBEHIND`;
        const body = bodyOf('transfer-encoding: chunked');
        let out = '';
        let rest = '';
        const at = [...new Set([0, ...cuts.map((c) => c % wire.length), wire.length])].sort((a, b) => a - b);
        for (let i = 1; i < at.length; i++) {
          const piece = Buffer.from(wire.slice(at[i - 1], at[i]), 'latin1');
          const next = body.complete ? 0 : body.feed(piece, 0);
          rest += piece.toString('latin1', next);
          if (streamed && !body.complete) out += text(body.takeFramed());
        }
        out += text(body.framed());
        expect(readChunked(out)).toEqual({ body: parts.join(''), trailers: [['x-t', '1']], rest: '' });
        expect(rest).toBe('BEHIND');
        expect([body.complete, body.streamed]).toEqual([true, streamed && at.length > 2 ? body.streamed : false]);
      }),
      { numRuns: 200 },
    );
  });

  it('of one-byte chunks is held in as many parts as there were reads', () => {
    const body = bodyOf('transfer-encoding: chunked');
    body.feed(Buffer.from(`${'1\r\nx\r\n'.repeat(10_000)}0\r\n\r\n`), 0);
    expect(body.heldBytes).toBe(10_000);
    expect(body.framed()).toHaveLength(4); // size line, bytes, CRLF, last chunk
  });

  it('that is broken says so, and holds nothing of the read that broke it', () => {
    const body = bodyOf('transfer-encoding: chunked');
    expect(body.feed(Buffer.from('3\r\nabc\r\n'), 0)).toBe(8);
    expect(body.feed(Buffer.from('3\r\nabcX'), 0)).toBe(-1);
    expect([body.heldBytes, body.complete]).toEqual([3, false]);
  });
});

describe('a body with a length', () => {
  it('ends where it says, and can be sent again', () => {
    const body = bodyOf('content-length: 5');
    expect(body.feed(Buffer.from('zzabc'), 2)).toBe(5);
    expect(body.complete).toBe(false);
    expect(body.feed(Buffer.from('deNEXT'), 0)).toBe(2);
    expect([body.complete, text(body.framed()), text(body.framed())]).toEqual([true, 'abcde', 'abcde']);
  });

  it('of no bytes is no body', () => {
    expect(bodyOf('content-length: 0')).toMatchObject({ complete: true, empty: true });
    expect(bodyOf('x: y')).toMatchObject({ complete: true, empty: true });
  });
});
