import { describe, expect, it } from 'vitest';
import { COMPLETE, RequestHead, ResponseHead } from './head.ts';
import { parseRequestHead } from './parse-request.ts';
import { parseResponseHead } from './parse-response.ts';
import { writeRequestHead, writeResponseHead } from './write-head.ts';
import type { RequestEdits, ResponseFraming } from './write-head.ts';

const EDITS: RequestEdits = { added: 'via: 1.1 edge\r\n', fallbackHost: 'shop', upgrade: false, keepExpect: false };

function requestOf(lines: readonly string[], edits: Partial<RequestEdits> = {}): string[] {
  const head = new RequestHead();
  const text = `${lines.join('\r\n')}\r\n\r\n`;
  if (parseRequestHead(head, text, 0) !== COMPLETE) throw new Error(head.detail);
  if (head.isConnect) head.chunked = false;
  return linesOf(writeRequestHead(head, { ...EDITS, ...edits }));
}

function responseOf(lines: readonly string[], framing: Partial<ResponseFraming> = {}): string[] {
  const head = new ResponseHead();
  const text = `${lines.join('\r\n')}\r\n\r\n`;
  if (parseResponseHead(head, text, 0) !== COMPLETE) throw new Error(head.detail);
  return linesOf(writeResponseHead(head, { chunked: false, dropLength: false, connection: '', ...framing }));
}

/** The lines of a head, which must end in one empty line and nothing else. */
function linesOf(text: string): string[] {
  expect(text.endsWith('\r\n\r\n')).toBe(true);
  return text.slice(0, -4).split('\r\n');
}

describe('a request head', () => {
  it('keeps every line as it came, in its order, byte for byte', () => {
    const lines = ['GET /a%2Fb?c=%20 HTTP/1.1', 'HOST:  a', 'X-Dup: 1', 'x-DUP:2', 'X-Empty:', 'x-high: \xff'];
    expect(requestOf(lines)).toEqual([...lines, 'via: 1.1 edge']);
  });

  it.each([
    'Keep-Alive: x',
    'Proxy-Connection: keep-alive',
    'TE: trailers',
    'Upgrade: h2c',
    'Proxy-Authorization: Basic x',
    'Connection: keep-alive',
  ])('drops %s, wherever it stands', (line) => {
    const rest = ['host: a', 'x-b: 1'];
    for (let i = 0; i <= rest.length; i++) {
      const lines = ['GET / HTTP/1.1', ...rest.slice(0, i), line, ...rest.slice(i)];
      expect(requestOf(lines)).toEqual(['GET / HTTP/1.1', ...rest, 'via: 1.1 edge']);
    }
  });

  it('drops every field that Connection names, also those before it and in a second Connection', () => {
    const lines = [
      'GET / HTTP/1.1',
      'x-a: 1',
      'host: a',
      'connection: X-A , x-b',
      'Connection: x-c',
      'x-B: 2',
      'x-c: 3',
      'x-d: 4',
    ];
    expect(requestOf(lines)).toEqual(['GET / HTTP/1.1', 'host: a', 'x-d: 4', 'via: 1.1 edge']);
  });

  it('lets no client strip what frames, routes or traces by naming it in Connection', () => {
    const kept = [
      'host: a',
      'content-length: 3',
      'cookie: c',
      'authorization: x',
      'x-forwarded-for: y',
      'x-request-id: z',
      'via: 1.0 b',
    ];
    const named = `connection: ${kept.map((line) => line.split(':')[0]).join(', ')}`;
    expect(requestOf(['POST / HTTP/1.1', ...kept, named])).toEqual(['POST / HTTP/1.1', ...kept, 'via: 1.1 edge']);
  });

  it('takes the Host of an absolute target in the place of the field', () => {
    expect(requestOf(['GET http://b:1/x?y HTTP/1.1', 'x: 1', 'Host: a'])).toEqual([
      'GET /x?y HTTP/1.1',
      'host: b:1',
      'x: 1',
      'via: 1.1 edge',
    ]);
    expect(requestOf(['OPTIONS http://b HTTP/1.1', 'Host: a'])).toEqual([
      'OPTIONS * HTTP/1.1',
      'host: b',
      'via: 1.1 edge',
    ]);
    expect(requestOf(['GET http://b?q HTTP/1.1', 'Host: a'])[0]).toBe('GET /?q HTTP/1.1');
  });

  it('makes HTTP/1.1 of HTTP/1.0, with a Host, and says in Via what came', () => {
    expect(requestOf(['GET / HTTP/1.0'])).toEqual(['GET / HTTP/1.1', 'host: shop', 'via: 1.0 edge']);
    expect(requestOf(['GET / HTTP/1.0', 'host: a'])).toEqual(['GET / HTTP/1.1', 'host: a', 'via: 1.0 edge']);
  });

  it('says "chunked" itself, and writes a length in one way only', () => {
    expect(requestOf(['POST / HTTP/1.1', 'host: a', 'Transfer-Encoding: CHUNKED', 'x: 1'])).toEqual([
      'POST / HTTP/1.1',
      'host: a',
      'x: 1',
      'via: 1.1 edge',
      'transfer-encoding: chunked',
    ]);
    expect(requestOf(['POST / HTTP/1.1', 'host: a', 'content-length: 007'])).toEqual([
      'POST / HTTP/1.1',
      'host: a',
      'via: 1.1 edge',
      'content-length: 7',
    ]);
  });

  it('keeps an expectation only where it is to be met upstream', () => {
    const lines = ['POST / HTTP/1.1', 'host: a', 'expect: 100-continue', 'content-length: 3'];
    expect(requestOf(lines, { keepExpect: true })).toContain('expect: 100-continue');
    expect(requestOf(lines)).not.toContain('expect: 100-continue');
    expect(requestOf(['POST / HTTP/1.0', ...lines.slice(1)], { keepExpect: true })).not.toContain(
      'expect: 100-continue',
    );
  });

  it('offers websocket, and nothing else, where an upgrade is asked for', () => {
    const lines = ['GET / HTTP/1.1', 'host: a', 'connection: upgrade', 'upgrade: WebSocket'];
    expect(requestOf(lines, { upgrade: true })).toEqual([
      'GET / HTTP/1.1',
      'host: a',
      'via: 1.1 edge',
      'connection: upgrade',
      'upgrade: websocket',
    ]);
  });

  it('counts Max-Forwards down for TRACE and OPTIONS alone', () => {
    const lines = (method: string): string[] => [`${method} / HTTP/1.1`, 'Max-Forwards: 3', 'host: a'];
    expect(requestOf(lines('OPTIONS'))).toEqual(['OPTIONS / HTTP/1.1', 'host: a', 'via: 1.1 edge', 'max-forwards: 2']);
    expect(requestOf(lines('TRACE'))).toContain('max-forwards: 2');
    expect(requestOf(lines('GET'))).toEqual([...lines('GET'), 'via: 1.1 edge']);
  });

  it('forwards CONNECT in authority-form, without framing', () => {
    expect(requestOf(['CONNECT b:1 HTTP/1.1', 'host: a', 'content-length: 3'])).toEqual([
      'CONNECT b:1 HTTP/1.1',
      'host: b:1',
      'via: 1.1 edge',
    ]);
  });
});

describe('a response head', () => {
  it('keeps every line as it came', () => {
    const lines = ['HTTP/1.1 200 Fine by me', 'Set-Cookie: a', 'set-cookie: b', 'Content-Length: 3'];
    expect(responseOf(lines)).toEqual(lines);
  });

  it('drops hop-by-hop fields and says our own Connection', () => {
    const lines = ['HTTP/1.1 200 OK', 'Connection: close, x-h', 'x-h: 1', 'Keep-Alive: 5', 'content-length: 0'];
    expect(responseOf(lines, { connection: 'keep-alive' })).toEqual([
      'HTTP/1.1 200 OK',
      'content-length: 0',
      'connection: keep-alive',
    ]);
  });

  it('speaks HTTP/1.1, and writes the space after the status, whatever it read', () => {
    expect(responseOf(['HTTP/1.0 404 Lost', 'a: b'])).toEqual(['HTTP/1.1 404 Lost', 'a: b']);
    expect(responseOf(['HTTP/1.1 404', 'a: b'])).toEqual(['HTTP/1.1 404 ', 'a: b']);
    expect(responseOf(['HTTP/1.1 404 '])).toEqual(['HTTP/1.1 404 ']);
    expect(responseOf(['HTTP/1.0 404'])).toEqual(['HTTP/1.1 404 ']);
  });

  it('leaves a length out, or writes it in one way only', () => {
    const lines = ['HTTP/1.1 204 No', 'Content-Length: 03', 'a: b'];
    expect(responseOf(lines, { dropLength: true })).toEqual(['HTTP/1.1 204 No', 'a: b']);
    expect(responseOf(lines)).toEqual(['HTTP/1.1 204 No', 'a: b', 'content-length: 3']);
  });

  it('says "chunked" where it is told to, and repeats the protocol of an upgrade', () => {
    expect(responseOf(['HTTP/1.1 200 OK', 'transfer-encoding: chunked'], { chunked: true })).toEqual([
      'HTTP/1.1 200 OK',
      'transfer-encoding: chunked',
    ]);
    expect(
      responseOf(['HTTP/1.1 101 Go', 'upgrade: WebSocket', 'connection: Upgrade'], { connection: 'upgrade' }),
    ).toEqual(['HTTP/1.1 101 Go', 'connection: upgrade', 'upgrade: WebSocket']);
  });
});
