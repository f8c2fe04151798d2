/**
 * HTTP/1.1 read the simplest way that is right, on whole texts: a second opinion for the tests, sharing nothing with the
 * proxy's codec. Not for hostile input: what it cannot read it throws on.
 */
export { readRequest } from '../conformance/recording-upstream.ts';
export type { Seen } from '../conformance/recording-upstream.ts';

export type NaiveResponse = {
  readonly status: number;
  readonly reason: string;
  readonly version: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly trailers: readonly (readonly [string, string])[];
};

export function header(message: { headers: readonly (readonly [string, string])[] }, name: string): string | undefined {
  return message.headers.find(([n]) => n === name)?.[1];
}

/** @param method - of the request that it answers @param ended - the connection has ended: it ends a body without framing */
export function readResponse(
  text: string,
  method: string,
  ended: boolean,
): { readonly response: NaiveResponse; readonly rest: string } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const parts = /^(HTTP\/1\.[01]) ([1-5]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/.exec(statusLine);
  if (!parts) throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
  const [, version = '', code = '', reason = ''] = parts;
  const headers = lines.map(readField);
  const status = Number(code);
  const make = (body: string, rest: string, trailers: readonly (readonly [string, string])[] = []) => ({
    response: { status, reason, version, headers, body, trailers },
    rest,
  });
  const after = text.slice(headEnd + 4);
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return make('', after);
  if (method === 'CONNECT' && status < 300) return make('', after);
  const codings = headers.filter(([n]) => n === 'transfer-encoding');
  const lengths = headers.filter(([n]) => n === 'content-length');
  if (codings.length + lengths.length > 1) throw new Error('more than one framing field');
  if (codings.length === 1) {
    const chunked = readChunked(after);
    return chunked && make(chunked.body, chunked.rest, chunked.trailers);
  }
  if (lengths.length === 0) return ended ? make(after, '') : undefined;
  const length = Number(lengths[0]?.[1]);
  return after.length < length ? undefined : make(after.slice(0, length), after.slice(length));
}

function readField(line: string): [string, string] {
  const parts = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
  if (!parts) throw new Error(`not a header line: ${JSON.stringify(line)}`);
  return [(parts[1] ?? '').toLowerCase(), parts[2] ?? ''];
}

/** The chunked coding off a text. @returns undefined when it is not complete @throws when it is wrong */
export function readChunked(
  text: string,
): { readonly body: string; readonly trailers: [string, string][]; readonly rest: string } | undefined {
  let body = '';
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n');
    if (end < 0) return undefined;
    const size = /^([0-9A-Fa-f]+)(;.*)?$/.exec(rest.slice(0, end));
    if (!size) throw new Error(`not a chunk size: ${JSON.stringify(rest.slice(0, end))}`);
    const length = parseInt(size[1] ?? '', 16);
    rest = rest.slice(end + 2);
    if (length === 0) break;
    if (rest.length < length + 2) return undefined;
    if (rest.slice(length, length + 2) !== '\r\n') throw new Error('no CRLF after the chunk');
    body += rest.slice(0, length);
    rest = rest.slice(length + 2);
  }
  const trailers: [string, string][] = [];
  for (;;) {
    const end = rest.indexOf('\r\n');
    if (end < 0) return undefined;
    const line = rest.slice(0, end);
    rest = rest.slice(end + 2);
    if (line === '') return { body, trailers, rest };
    trailers.push(readField(line));
  }
}
