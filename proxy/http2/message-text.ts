/**
 * Messages between the two notations: header lists of HTTP/2 and the text of HTTP/1.1, in which the stack thinks. What
 * the text may hold is judged by the strict parsers; here only what could not be told any more once it is text.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { RANGE } from '../http1/head.ts';
import type { Head, RequestHead } from '../http1/head.ts';

/** Where the body of a message ends, once it is text. */
export type TextFraming = 'none' | 'length' | 'chunked';

/** RFC 9113 8.2.2: what belongs to a connection of HTTP/1.1. */
const OF_THE_CONNECTION: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/**
 * HTTP/2 has trailers behind a body of a stated length; as text only a chunked body has them. So the length is given up
 * where trailers are to be expected: gRPC, or announced (RFC 9110 6.6.2). Else it is worth more than they are.
 */
export function framingOf(headers: IncomingHttpHeaders, acceptsTrailers: boolean): 'length' | 'chunked' {
  if (headers['content-length'] === undefined || isGrpc(headers)) return 'chunked';
  return acceptsTrailers && headers.trailer !== undefined ? 'chunked' : 'length';
}

function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('application/grpc') === true;
}

const UNSAFE_VALUE = /[\r\n\0]/;
const UNSAFE_WORD = /[\r\n\0 \t]/;

/**
 * A request's head as text. A Host that stands beside :authority and differs is kept, so that the parser refuses the two.
 * @returns undefined for a request that text would change the meaning of (a stream error then)
 */
export function requestText(headers: IncomingHttpHeaders, framing: TextFraming): string | undefined {
  const method = headers[':method'] ?? '';
  const path = headers[':path'] ?? '';
  if (UNSAFE_WORD.test(method) || UNSAFE_WORD.test(path)) return undefined;
  if (!path.startsWith('/') && path !== '*') return undefined;
  const authority = headers[':authority'];
  if (authority !== undefined && UNSAFE_WORD.test(authority)) return undefined;
  let text = `${method} ${path} HTTP/1.1\r\n`;
  if (authority !== undefined) text += `host: ${authority}\r\n`;
  const skip = (name: string, value: string): boolean =>
    (name === 'host' && value === authority) || (name === 'content-length' && framing === 'chunked');
  const lines = fieldLines(headers, skip);
  if (lines === undefined) return undefined;
  text += lines;
  if (framing === 'chunked') text += 'transfer-encoding: chunked\r\n';
  return `${text}\r\n`;
}

/** An answer's head as text; `connection: close`, because a stream serves one request. */
export function responseText(headers: IncomingHttpHeaders, status: number, framing: TextFraming, extra = ''): string {
  const lines = fieldLines(headers, (name) => name === 'content-length' && framing === 'chunked') ?? '';
  const coding = framing === 'chunked' ? 'transfer-encoding: chunked\r\n' : '';
  return `HTTP/1.1 ${status} \r\n${lines}${coding}${extra}\r\n`;
}

/** Trailers as the end of a chunked body. */
export function lastChunkText(trailers: IncomingHttpHeaders | undefined): string {
  const lines = trailers && fieldLines(trailers, () => false);
  return `0\r\n${lines ?? ''}\r\n`;
}

/** @returns undefined when a value holds what would begin another line */
function fieldLines(headers: IncomingHttpHeaders, skip: (name: string, value: string) => boolean): string | undefined {
  let lines = '';
  for (const [name, values] of Object.entries(headers)) {
    if (values === undefined || name.startsWith(':') || OF_THE_CONNECTION.has(name)) continue;
    for (const value of Array.isArray(values) ? values : [values]) {
      if (UNSAFE_VALUE.test(value)) return undefined;
      if (!skip(name, value)) lines += `${name}: ${value}\r\n`;
    }
  }
  return lines;
}

/** The fields of a head in the notation of HTTP/2: lower case, none of the connection, Host and TE apart. */
export function headersOf(head: Head): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {};
  for (let i = 0; i < head.fieldCount; i++) {
    const at = i * RANGE;
    const name = head.text.slice(head.ranges[at], head.ranges[at + 1]).toLowerCase();
    if (!OF_THE_CONNECTION.has(name) && name !== 'host' && name !== 'te') addHeader(headers, name, head.value(i));
  }
  return headers;
}

/** @param lines - a trailer section, each line ending in CRLF */
export function trailersOf(lines: string): OutgoingHttpHeaders {
  const trailers: OutgoingHttpHeaders = {};
  for (const line of lines.split('\r\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon)).toLowerCase();
    if (name !== '' && !OF_THE_CONNECTION.has(name)) addHeader(trailers, name, line.slice(colon + 1).trim());
  }
  return trailers;
}

/** Lines of one name become one value (RFC 9110 5.3), but for Set-Cookie; node:http2 refuses most lists of values. */
function addHeader(headers: OutgoingHttpHeaders, name: string, value: string): void {
  const before = headers[name];
  if (before === undefined) headers[name] = name === 'set-cookie' ? [value] : value;
  else if (Array.isArray(before)) before.push(value);
  else headers[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
}

/** The pseudo fields of a request that leaves, with its fields. */
export function requestHeaders(head: RequestHead, scheme: string): OutgoingHttpHeaders {
  const authority = head.hostField >= 0 ? head.value(head.hostField) : '';
  const te = head.acceptsTrailers ? { te: 'trailers' } : undefined;
  return {
    ':method': head.method,
    ':scheme': scheme,
    ':authority': authority,
    ':path': head.target,
    ...headersOf(head),
    ...te,
  };
}
