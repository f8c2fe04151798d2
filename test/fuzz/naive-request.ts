/**
 * A second reading of RFC 9112, written to be obvious instead of fast: the whole input as one string, regular
 * expressions, no states. It shares no code with the proxy; where both agree, neither is likely to be wrong.
 */
export type NaiveRequest = { readonly method: string; readonly target: string; readonly body: string };

/** `broken`: must be refused; `open`: more bytes may come, a refusal is allowed too; `closed`: the connection ends in order. */
export type NaiveEnd = 'broken' | 'open' | 'closed' | 'all';
export type NaiveReading = {
  readonly requests: readonly NaiveRequest[];
  readonly end: NaiveEnd;
  /** The stream ends inside a body that is too large to be held: its request may have gone on already. */
  readonly streaming?: NaiveRequest;
};

/** A body with a length above this is passed on as it comes. */
const HELD_BYTES = 64 * 1024;

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const VALUE = '[\\t\\x20-\\x7e\\x80-\\xff]*';
const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([\\x21-\\x7e]+) HTTP/1\\.([01])$`);
const FIELD = new RegExp(`^(${TOKEN}):(${VALUE})$`);
const QUOTED = '"(?:[\\t\\x20\\x21\\x23-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const SIZE_LINE = new RegExp(`^([0-9A-Fa-f]{1,13})(?:;[ \\t]*${TOKEN}(?:=(?:${TOKEN}|${QUOTED}))?)*\\r\\n`);
const TRAILER = new RegExp(`^${TOKEN}:${VALUE}\\r\\n`);
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=%]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;

/** @param text - everything that the client sends, latin1 */
export function readNaively(text: string): NaiveReading {
  const requests: NaiveRequest[] = [];
  let rest = text;
  for (;;) {
    const empty = /^(?:\r\n)*/.exec(rest)?.[0] ?? '';
    rest = rest.slice(empty.length);
    if (rest === '') return { requests, end: 'all' };
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) return { requests, end: 'open' };
    const head = readHead(rest.slice(0, headEnd));
    if (head === undefined) return { requests, end: 'broken' };
    const body = readBody(head, rest.slice(headEnd + 4));
    if (body === 'open' && head.length > HELD_BYTES) {
      const streaming = { method: head.method, target: head.target, body: rest.slice(headEnd + 4) };
      return { requests, end: 'open', streaming };
    }
    if (typeof body === 'string') return { requests, end: body };
    requests.push({ method: head.method, target: head.target, body: body.content });
    if (head.closes) return { requests, end: 'closed' };
    rest = body.rest;
  }
}

type NaiveHead = {
  readonly method: string;
  readonly target: string;
  readonly closes: boolean;
  readonly length: number;
  readonly chunked: boolean;
};

function readHead(text: string): NaiveHead | undefined {
  const [line = '', ...fieldLines] = text.split('\r\n');
  const request = REQUEST_LINE.exec(line);
  if (!request || fieldLines.length > 256) return undefined;
  const [, method = '', rawTarget = '', minor] = request;
  const fields: [string, string][] = [];
  for (const fieldLine of fieldLines) {
    const field = FIELD.exec(fieldLine);
    if (!field) return undefined;
    fields.push([(field[1] ?? '').toLowerCase(), (field[2] ?? '').replace(/^[ \t]+|[ \t]+$/g, '')]);
  }
  const all = (name: string): string[] => fields.filter(([n]) => n === name).map(([, value]) => value);
  const target = readTarget(method, rawTarget);
  if (target === undefined || !hostIsRight(all('host'), minor === '1')) return undefined;
  const framing = readFraming(all('content-length'), all('transfer-encoding'), minor === '1');
  if (framing === undefined || !expectIsRight(all('expect'), minor === '1')) return undefined;
  const options = all('connection').flatMap((value) =>
    value
      .toLowerCase()
      .split(',')
      .map((option) => option.trim()),
  );
  const closes = options.includes('close') || (minor === '0' && !options.includes('keep-alive'));
  if (method === 'CONNECT') return { method, target, closes: true, length: 0, chunked: false };
  return { method, target, closes, ...framing };
}

function readTarget(method: string, target: string): string | undefined {
  const question = target.indexOf('?');
  const path = question < 0 ? target : target.slice(0, question);
  if (/["#<>]/.test(target) || path.includes('\\')) return undefined;
  if (method === 'CONNECT')
    return HOST.test(target) && /:\d+$/.test(target) && portIsRight(target) ? target : undefined;
  if (target.startsWith('/')) return target;
  if (target === '*') return method.toLowerCase() === 'options' ? target : undefined;
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(target);
  if (!absolute) return undefined;
  const [, authority = '', rest = ''] = absolute;
  if (!HOST.test(authority) || !portIsRight(authority)) return undefined;
  if (rest === '') return method.toLowerCase() === 'options' ? '*' : '/';
  return rest.startsWith('?') ? `/${rest}` : rest;
}

function hostIsRight(hosts: readonly string[], needed: boolean): boolean {
  const [host] = hosts;
  if (host === undefined) return !needed;
  return hosts.length === 1 && HOST.test(host) && portIsRight(host);
}

function portIsRight(authority: string): boolean {
  return Number(/:(\d*)$/.exec(authority.replace(/^\[.*\]/, ''))?.[1] ?? '0') <= 65_535;
}

function expectIsRight(values: readonly string[], heard: boolean): boolean {
  return values.length === 0 || (values.length === 1 && (!heard || values[0]?.toLowerCase() === '100-continue'));
}

function readFraming(
  lengths: readonly string[],
  codings: readonly string[],
  modern: boolean,
): { readonly length: number; readonly chunked: boolean } | undefined {
  if (lengths.length > 1 || codings.length > 1 || (lengths.length === 1 && codings.length === 1)) return undefined;
  const [coding] = codings;
  if (coding !== undefined)
    return modern && coding.toLowerCase() === 'chunked' ? { length: 0, chunked: true } : undefined;
  const [length] = lengths;
  if (length === undefined) return { length: 0, chunked: false };
  if (!/^\d{1,16}$/.test(length) || !Number.isSafeInteger(Number(length))) return undefined;
  return { length: Number(length), chunked: false };
}

type NaiveBody = { readonly content: string; readonly rest: string };

function readBody(head: NaiveHead, text: string): NaiveBody | NaiveEnd {
  if (head.chunked) return readChunked(text);
  if (text.length < head.length) return 'open';
  return { content: text.slice(0, head.length), rest: text.slice(head.length) };
}

/** @param text - begins with a chunked body */
export function readChunked(text: string): NaiveBody | NaiveEnd {
  let rest = text;
  let content = '';
  for (;;) {
    const line = SIZE_LINE.exec(rest);
    if (!line) return rest.includes('\n') ? 'broken' : 'open';
    const size = Number.parseInt(line[1] ?? '', 16);
    rest = rest.slice(line[0].length);
    if (size === 0) return readTrailers(content, rest);
    if (rest.length < size + 2) return 'open';
    if (rest.slice(size, size + 2) !== '\r\n') return 'broken';
    content += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
}

function readTrailers(content: string, text: string): NaiveBody | NaiveEnd {
  let rest = text;
  for (;;) {
    if (rest.startsWith('\r\n')) return { content, rest: rest.slice(2) };
    const trailer = TRAILER.exec(rest);
    if (!trailer) return rest.includes('\n') ? 'broken' : 'open';
    rest = rest.slice(trailer[0].length);
  }
}
