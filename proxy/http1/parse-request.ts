/** The request head: request line, fields, and the rules between them (RFC 9112 3, 6.3; RFC 9110 7.2). */
import { CLASS, DIGIT, equalsWord, HEX, HOST, TARGET, TOKEN } from './chars.ts';
import { COMPLETE, INCOMPLETE, INVALID, HEAD_LIMITS } from './head.ts';
import type { HeadLimits, ParseOutcome, RequestHead } from './head.ts';
import { dropNominated, parseFields } from './parse-fields.ts';

const CR = 13;
const LF = 10;
const SP = 32;
const SLASH = 47;
const BACKSLASH = 92;
/** Empty lines before a request are borne (RFC 9112 2.2), but not for ever. */
const MAX_EMPTY_BYTES = 32;

/**
 * Reads a request head from `start`. Strict where RFC 9112 says MUST, and where a lenient reading would let two
 * parsers disagree.
 * @returns COMPLETE (head is filled, head.end is the first byte of the body), INCOMPLETE (more bytes are needed), or
 *   INVALID (head.error and head.detail say why)
 */
export function parseRequestHead(
  head: RequestHead,
  text: string,
  start: number,
  limits: HeadLimits = HEAD_LIMITS,
): ParseOutcome {
  let at = start;
  while (text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF) at += 2;
  head.reset(text, at);
  if (at - start > MAX_EMPTY_BYTES) return head.fail('too many empty lines before the request');
  if (text.charCodeAt(at) === CR && at + 1 === text.length) return INCOMPLETE;
  const fieldsAt = parseRequestLine(head, at, limits);
  if (fieldsAt <= 0) {
    if (fieldsAt === INCOMPLETE && text.length - at > limits.headBytes) return tooLarge(head, limits);
    return fieldsAt === INCOMPLETE ? INCOMPLETE : INVALID;
  }
  const outcome = parseFields(head, fieldsAt, limits);
  if (outcome === INCOMPLETE) return text.length - at > limits.headBytes ? tooLarge(head, limits) : INCOMPLETE;
  if (outcome === INVALID) return INVALID;
  if (head.end - at > limits.headBytes) return tooLarge(head, limits);
  return checkRequest(head);
}

function tooLarge(head: RequestHead, limits: HeadLimits): ParseOutcome {
  return head.fail(`the head is larger than ${limits.headBytes} bytes`, 'HTTP_HEAD_TOO_LARGE');
}

/** @returns where the fields begin, INCOMPLETE or INVALID */
function parseRequestLine(head: RequestHead, at: number, limits: HeadLimits): number {
  const text = head.text;
  const size = text.length;
  let pos = at;
  let c = 0;
  while (pos < size && ((CLASS[(c = text.charCodeAt(pos))] ?? 0) & TOKEN) !== 0) pos++;
  if (pos >= size) return INCOMPLETE;
  if (c !== SP || pos === at) return head.fail('the method is empty or holds a character that is not allowed');
  head.methodStart = at;
  head.methodEnd = pos++;
  head.targetStart = pos;
  while (pos < size && (((CLASS[(c = text.charCodeAt(pos))] ?? 0) & TARGET) !== 0 || isQueryBackslash(text, at, pos)))
    pos++;
  if (pos - head.targetStart > limits.targetBytes) {
    return head.fail(`the target is longer than ${limits.targetBytes} bytes`, 'HTTP_TARGET_TOO_LONG');
  }
  if (pos >= size) return INCOMPLETE;
  if (c !== SP || pos === head.targetStart)
    return head.fail('the target is empty or holds a character that is not allowed');
  head.targetEnd = pos++;
  return parseVersion(head, pos);
}

/** Browsers send a backslash in a query as it is. In a path some servers take it for a slash: there it is refused. */
function isQueryBackslash(text: string, from: number, pos: number): boolean {
  if (text.charCodeAt(pos) !== BACKSLASH) return false;
  const question = text.indexOf('?', from);
  return question >= 0 && question < pos;
}

function parseVersion(head: RequestHead, at: number): number {
  const text = head.text;
  if (text.length < at + 10) {
    const seen = text.slice(at);
    const plausible = /^H(T(T(P(\/(\d(\.(\d(\r)?)?)?)?)?)?)?)?$/.test(seen) || seen === '';
    return plausible ? INCOMPLETE : head.fail('the request line does not end in HTTP/1.1');
  }
  if (text.startsWith('HTTP/1.1\r\n', at)) head.minor = 1;
  else if (text.startsWith('HTTP/1.0\r\n', at)) head.minor = 0;
  else if (/^HTTP\/\d\.\d\r\n$/.test(text.slice(at, at + 10))) {
    return head.fail(`${text.slice(at, at + 8)} is not spoken here`, 'HTTP_VERSION_UNSUPPORTED');
  } else return head.fail('the request line does not end in HTTP/1.1');
  return at + 10;
}

function checkRequest(head: RequestHead): ParseOutcome {
  readMethod(head);
  if (readTarget(head) === INVALID) return INVALID;
  if (head.hostField >= 0) {
    const at = head.hostField * 4;
    const from = head.ranges[at + 2] ?? 0;
    const to = head.ranges[at + 3] ?? 0;
    if (!isAuthority(head.text, from, to)) return head.fail('Host is not a host with an optional port');
  } else if (head.minor === 1) return head.fail('Host is missing');
  if (head.hasTransferEncoding) {
    if (head.minor === 0) return head.fail('Transfer-Encoding in an HTTP/1.0 request');
    if (head.contentLength >= 0) return head.fail('both Transfer-Encoding and Content-Length');
  }
  if (head.expectField >= 0 && head.minor === 1 && head.value(head.expectField).toLowerCase() !== '100-continue') {
    return head.fail('an expectation other than 100-continue', 'HTTP_EXPECTATION_UNSUPPORTED');
  }
  dropNominated(head);
  return COMPLETE;
}

function readMethod(head: RequestHead): void {
  const { text, methodStart: from, methodEnd: to } = head;
  head.isConnect = false;
  head.isHead = false;
  head.isIdempotent = false;
  switch (to - from) {
    case 3:
      head.isIdempotent = text.startsWith('GET', from) || text.startsWith('PUT', from);
      break;
    case 4:
      head.isHead = head.isIdempotent = text.startsWith('HEAD', from);
      break;
    case 5:
      head.isIdempotent = text.startsWith('TRACE', from);
      break;
    case 6:
      head.isIdempotent = text.startsWith('DELETE', from);
      break;
    case 7:
      head.isConnect = text.startsWith('CONNECT', from);
      head.isIdempotent = text.startsWith('OPTIONS', from);
      break;
  }
}

/** The four forms of RFC 9112 3.2. */
function readTarget(head: RequestHead): ParseOutcome {
  const { text, targetStart: from, targetEnd: to } = head;
  head.authorityStart = -1;
  head.authorityEnd = -1;
  head.replacedTarget = undefined;
  head.pathStart = from;
  if (head.isConnect) {
    const colon = text.lastIndexOf(':', to - 1);
    if (colon < from || colon === to - 1 || !isAuthority(text, from, to))
      return head.fail('the target of CONNECT is not host:port');
    head.authorityStart = from;
    head.authorityEnd = to;
    return COMPLETE;
  }
  if (text.charCodeAt(from) === SLASH) return COMPLETE;
  if (to - from === 1 && text.charCodeAt(from) === 42) {
    return equalsWord(text, head.methodStart, head.methodEnd, 'options')
      ? COMPLETE
      : head.fail('the target * is for OPTIONS only');
  }
  if (equalsWord(text, from, from + 7, 'http://')) return readAbsolute(head, from + 7);
  if (equalsWord(text, from, from + 8, 'https://')) return readAbsolute(head, from + 8);
  return head.fail('the target is neither a path nor an absolute URL');
}

/** absolute-form: the authority replaces Host; an empty path becomes `/`, or `*` for OPTIONS (RFC 9112 3.2.2, 3.2.4). */
function readAbsolute(head: RequestHead, from: number): ParseOutcome {
  const { text, targetEnd: to } = head;
  let end = from;
  while (end < to && text.charCodeAt(end) !== SLASH && text.charCodeAt(end) !== 63) end++;
  if (end === from || !isAuthority(text, from, end)) return head.fail('the absolute target names no valid host');
  head.authorityStart = from;
  head.authorityEnd = end;
  head.pathStart = end;
  if (end === to) {
    head.replacedTarget = equalsWord(text, head.methodStart, head.methodEnd, 'options') ? '*' : '/';
  } else if (text.charCodeAt(end) === 63) head.replacedTarget = `/${text.slice(end, to)}`;
  return COMPLETE;
}

/** uri-host [ ":" port ]; no user information, no path, not empty. */
function isAuthority(text: string, from: number, to: number): boolean {
  let pos = from;
  if (text.charCodeAt(pos) === 91) {
    const close = text.indexOf(']', pos);
    if (close < 0 || close >= to || close === pos + 1) return false;
    for (let i = pos + 1; i < close; i++) {
      const c = text.charCodeAt(i);
      if (((CLASS[c] ?? 0) & HEX) === 0 && c !== 58 && c !== 46) return false;
    }
    pos = close + 1;
  } else {
    while (pos < to && ((CLASS[text.charCodeAt(pos)] ?? 0) & HOST) !== 0) pos++;
    if (pos === from) return false;
  }
  if (pos === to) return true;
  if (text.charCodeAt(pos) !== 58) return false;
  if (to - pos > 6) return false;
  for (let i = pos + 1; i < to; i++) if (((CLASS[text.charCodeAt(i)] ?? 0) & DIGIT) === 0) return false;
  return Number(text.slice(pos + 1, to)) <= 65_535;
}
