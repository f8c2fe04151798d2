import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COMPLETE, RequestHead, ResponseHead } from '../http1/head.ts';
import { parseRequestHead } from '../http1/parse-request.ts';
import { parseResponseHead } from '../http1/parse-response.ts';
import { headersOf, lastChunkText, requestHeaders, requestText, responseText, trailersOf } from './message-text.ts';

const REQUEST = { ':method': 'GET', ':path': '/', ':scheme': 'http', ':authority': 'shop' };

function read(text: string): RequestHead {
  const head = new RequestHead();
  expect(parseRequestHead(head, text, 0)).toBe(COMPLETE);
  return head;
}

describe('a request of HTTP/2 as text', () => {
  it('is one request with the same fields, and back again the same request', () => {
    const names = fc.stringMatching(/^x-[a-z0-9-]{1,12}$/);
    const values = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
    fc.assert(
      fc.property(fc.dictionary(names, values), fc.stringMatching(/^\/[a-z0-9/?=&]{0,20}$/), (fields, path) => {
        const text = requestText({ ...REQUEST, ...fields, ':path': path }, 'none') ?? '';
        const head = read(text);
        expect(head.end).toBe(text.length);
        expect({ ...requestHeaders(head, 'http') }).toEqual({ ...REQUEST, ':path': path, ...fields });
      }),
    );
  });

  it('is none where a part would begin another line or another word', () => {
    for (const part of [
      { ':path': '/ HTTP/1.1\r\nx: y' },
      { ':path': '/a b' },
      { ':path': 'http://other/' },
      { ':path': '' },
      { ':method': 'GET / HTTP/1.1\r\n' },
      { ':authority': 'shop\r\nx: y' },
      { 'x-a': 'b\r\ntransfer-encoding: chunked' },
      { 'x-a': 'b\0' },
    ])
      expect(requestText({ ...REQUEST, ...part }, 'none')).toBeUndefined();
  });

  it('keeps nothing of a connection but what TE says of trailers', () => {
    const head = read(requestText({ ...REQUEST, te: 'trailers', 'keep-alive': '1' }, 'chunked') ?? '');
    expect([head.chunked, head.acceptsTrailers, head.get('keep-alive')]).toEqual([true, true, undefined]);
    expect(requestHeaders(head, 'https')).toEqual({ ...REQUEST, ':scheme': 'https', te: 'trailers' });
  });
});

describe('an answer of HTTP/2 as text', () => {
  it('loses its length where its body comes in chunks, and closes', () => {
    const head = new ResponseHead();
    const text = responseText(
      { 'content-length': '3', 'set-cookie': ['a=1', 'b=2'] },
      200,
      'chunked',
      'connection: close\r\n',
    );
    expect(parseResponseHead(head, text, 0)).toBe(COMPLETE);
    expect([head.chunked, head.contentLength, head.connectionClose]).toEqual([true, -1, true]);
    expect({ ...headersOf(head) }).toEqual({ 'set-cookie': ['a=1', 'b=2'] });
  });

  it('has fields of one name as one value', () => {
    const head = new ResponseHead();
    parseResponseHead(head, 'HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\nUpgrade: x\r\n\r\n', 0);
    expect({ ...headersOf(head) }).toEqual({ vary: 'a, b' });
  });
});

describe('trailers', () => {
  it('are the same after both ways', () => {
    const text = lastChunkText({ 'grpc-status': '0', 'grpc-message': 'a b' });
    expect(text).toBe('0\r\ngrpc-status: 0\r\ngrpc-message: a b\r\n\r\n');
    expect(trailersOf(text.slice(3))).toEqual({ 'grpc-status': '0', 'grpc-message': 'a b' });
    expect(lastChunkText(undefined)).toBe('0\r\n\r\n');
  });
});
