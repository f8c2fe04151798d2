/**
 * The header section, common to requests and responses: strict by RFC 9112 5 and RFC 9110 5.5. Recognises the fields
 * that steer framing and connections while it scans; everything else stays a range.
 */
import { CLASS, DIGIT, equalsWord, TOKEN, VALUE } from './chars.ts';
import { COMPLETE, INCOMPLETE, INVALID, RANGE } from './head.ts';
import type { Head, HeadLimits, ParseOutcome } from './head.ts';

const CR = 13;
const LF = 10;
const SP = 32;
const TAB = 9;
const COLON = 58;

/** Scans from `at` (the first field line) to the empty line. On COMPLETE, head.end is the first byte after it. */
export function parseFields(head: Head, at: number, limits: HeadLimits): ParseOutcome {
  const text = head.text;
  const size = text.length;
  let ranges = head.ranges;
  let count = 0;
  let pos = at;
  for (;;) {
    if (pos >= size) return INCOMPLETE;
    let c = text.charCodeAt(pos);
    if (c === CR) {
      if (pos + 1 >= size) return INCOMPLETE;
      if (text.charCodeAt(pos + 1) !== LF) return head.fail('a bare CR stands where a header line begins');
      head.end = pos + 2;
      head.fieldCount = count;
      return COMPLETE;
    }
    if (c === SP || c === TAB) return head.fail('a header line begins with white space (obsolete line folding)');
    if (count >= limits.fields) return head.fail(`more than ${limits.fields} header lines`, 'HTTP_HEAD_TOO_LARGE');
    const nameStart = pos;
    while (pos < size && ((CLASS[(c = text.charCodeAt(pos))] ?? 0) & TOKEN) !== 0) pos++;
    if (pos >= size) return INCOMPLETE;
    if (c !== COLON || pos === nameStart)
      return head.fail('a header name is empty or holds a character that is not allowed');
    const nameEnd = pos++;
    while (pos < size && ((c = text.charCodeAt(pos)) === SP || c === TAB)) pos++;
    const valueStart = pos;
    while (pos < size && ((CLASS[(c = text.charCodeAt(pos))] ?? 0) & VALUE) !== 0) pos++;
    if (pos >= size) return INCOMPLETE;
    if (c !== CR) return head.fail('a header value holds a control character or a bare LF');
    if (pos + 1 >= size) return INCOMPLETE;
    if (text.charCodeAt(pos + 1) !== LF) return head.fail('a header value holds a bare CR');
    let valueEnd = pos;
    while (valueEnd > valueStart && ((c = text.charCodeAt(valueEnd - 1)) === SP || c === TAB)) valueEnd--;
    pos += 2;
    const slot = count * RANGE;
    if (slot === ranges.length) ranges = head.grow();
    ranges[slot] = nameStart;
    ranges[slot + 1] = nameEnd;
    ranges[slot + 2] = valueStart;
    ranges[slot + 3] = valueEnd;
    head.drop[count] = 0;
    if (recognise(head, count, nameStart, nameEnd, valueStart, valueEnd) === INVALID) return INVALID;
    count++;
  }
}

/** Length first: most fields are told apart by it, and then cost nothing more. */
function recognise(
  head: Head,
  field: number,
  nameStart: number,
  nameEnd: number,
  from: number,
  to: number,
): ParseOutcome {
  const text = head.text;
  switch (nameEnd - nameStart) {
    case 2:
      if (equalsWord(text, nameStart, nameEnd, 'te')) readTe(head, field, from, to);
      break;
    case 3:
      if (equalsWord(text, nameStart, nameEnd, 'via')) head.viaField = field;
      break;
    case 4:
      if (equalsWord(text, nameStart, nameEnd, 'host')) {
        if (head.hostField >= 0) return head.fail('more than one Host');
        head.hostField = field;
      }
      break;
    case 6:
      if (equalsWord(text, nameStart, nameEnd, 'expect')) {
        if (head.expectField >= 0) return head.fail('more than one Expect');
        head.expectField = field;
      }
      break;
    case 7:
      if (equalsWord(text, nameStart, nameEnd, 'upgrade')) {
        head.upgradeField = field;
        head.drop[field] = 1;
      }
      break;
    case 10:
      if (equalsWord(text, nameStart, nameEnd, 'connection')) readConnection(head, field, from, to);
      else if (equalsWord(text, nameStart, nameEnd, 'keep-alive')) head.drop[field] = 1;
      break;
    case 12:
      if (equalsWord(text, nameStart, nameEnd, 'max-forwards')) head.maxForwardsField = field;
      break;
    case 14:
      if (equalsWord(text, nameStart, nameEnd, 'content-length')) return readLength(head, from, to);
      break;
    case 16:
      if (equalsWord(text, nameStart, nameEnd, 'proxy-connection')) head.drop[field] = 1;
      break;
    case 17:
      if (equalsWord(text, nameStart, nameEnd, 'transfer-encoding')) {
        head.drop[field] = 1;
        return readCoding(head, from, to);
      }
      break;
    case 19:
      if (equalsWord(text, nameStart, nameEnd, 'proxy-authorization')) head.drop[field] = 1;
      break;
  }
  return COMPLETE;
}

/** RFC 9110 10.1.4: for one hop. */
function readTe(head: Head, field: number, from: number, to: number): void {
  head.drop[field] = 1;
  head.acceptsTrailers = equalsWord(head.text, from, to, 'trailers');
}

/** RFC 9112 6.3(5): digits only, once; a value that a number cannot hold exactly is refused. */
function readLength(head: Head, from: number, to: number): ParseOutcome {
  if (head.contentLength >= 0) return head.fail('more than one Content-Length');
  if (to === from || to - from > 16) return head.fail('Content-Length is empty or too large');
  let length = 0;
  for (let i = from; i < to; i++) {
    const c = head.text.charCodeAt(i);
    if (((CLASS[c] ?? 0) & DIGIT) === 0) return head.fail('Content-Length is not a number');
    length = length * 10 + (c - 48);
  }
  if (length > Number.MAX_SAFE_INTEGER) return head.fail('Content-Length is too large');
  head.contentLength = length;
  head.lengthCanonical = to - from === 1 || head.text.charCodeAt(from) !== 48;
  return COMPLETE;
}

/** RFC 9112 6.1: `chunked` alone, once. A list that ends in chunked is a coding that we do not have: 501. */
function readCoding(head: Head, from: number, to: number): ParseOutcome {
  if (head.hasTransferEncoding) return head.fail('more than one Transfer-Encoding');
  head.hasTransferEncoding = true;
  if (equalsWord(head.text, from, to, 'chunked')) {
    head.chunked = true;
    return COMPLETE;
  }
  const codings = head.text
    .slice(from, to)
    .toLowerCase()
    .split(',')
    .map((c) => c.trim());
  const known = codings.every((c) => /^(gzip|x-gzip|deflate|compress|x-compress|chunked)$/.test(c));
  if (known && codings.indexOf('chunked') === codings.length - 1) {
    return head.fail('a transfer coding other than chunked', 'HTTP_CODING_UNSUPPORTED');
  }
  return head.fail('Transfer-Encoding is not exactly "chunked"');
}

/** RFC 9110 7.6.1: every field that Connection names is for this hop only. */
function readConnection(head: Head, field: number, from: number, to: number): void {
  const text = head.text;
  head.drop[field] = 1;
  if (equalsWord(text, from, to, 'keep-alive')) head.connectionKeepAlive = true;
  else if (equalsWord(text, from, to, 'close')) head.connectionClose = true;
  else {
    for (const part of text.slice(from, to).toLowerCase().split(',')) {
      const token = part.trim();
      if (token === 'close') head.connectionClose = true;
      else if (token === 'keep-alive') head.connectionKeepAlive = true;
      else if (token === 'upgrade') head.connectionUpgrade = true;
      else if (token !== '' && !NEVER_NOMINATED.has(token)) (head.nominated ??= []).push(token);
    }
  }
}

/** A client must not be able to strip these by naming them in Connection: they carry framing, routing or the trace of hops. */
const NEVER_NOMINATED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'via',
  'authorization',
  'cookie',
  'forwarded',
  'max-forwards',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-meshproof-error',
  'x-request-id',
  'traceparent',
]);

/** Marks the nominated fields for dropping, once the whole head is read. */
export function dropNominated(head: Head): void {
  const names = head.nominated;
  if (names === undefined) return;
  for (let i = 0; i < head.fieldCount; i++) {
    const start = head.ranges[i * RANGE] ?? 0;
    const end = head.ranges[i * RANGE + 1] ?? 0;
    if (names.some((name) => equalsWord(head.text, start, end, name))) head.drop[i] = 1;
  }
}
