/** Which trailer fields of a request may go on. What steers framing, routing, trust or the reading of the body may not come late. */

/** RFC 9110 6.5.1: a field that is needed before the body has come, or that says how to read it. */
const NEVER_IN_TRAILERS: ReadonlySet<string> = new Set([
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'max-forwards',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
]);

/** @param lines - a trailer section that the decoder has found well-formed, each line ending in CRLF */
export function safeTrailers(lines: string): string {
  if (lines === '') return '';
  let out = '';
  for (const line of lines.split('\r\n')) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    if (line !== '' && !NEVER_IN_TRAILERS.has(name)) out += `${line}\r\n`;
  }
  return out;
}
