/** The response head: status line, fields, and which body follows (RFC 9112 4, 6.3). */
import { CLASS, DIGIT, VALUE } from './chars.ts';
import { COMPLETE, HEAD_LIMITS, INCOMPLETE, INVALID } from './head.ts';
import type { HeadLimits, ParseOutcome, ResponseHead } from './head.ts';
import { dropNominated, parseFields } from './parse-fields.ts';

/** @returns COMPLETE, INCOMPLETE, or INVALID with head.detail; the caller answers 502 for INVALID */
export function parseResponseHead(
  head: ResponseHead,
  text: string,
  start: number,
  limits: HeadLimits = HEAD_LIMITS,
): ParseOutcome {
  head.reset(text, start);
  head.lengthVoid = false;
  const fieldsAt = parseStatusLine(head, start);
  if (fieldsAt === INVALID) return INVALID;
  const outcome = fieldsAt === INCOMPLETE ? INCOMPLETE : parseFields(head, fieldsAt, limits);
  if (outcome === INCOMPLETE && text.length - start > limits.headBytes) return head.fail('the head is too large');
  if (outcome !== COMPLETE) return outcome;
  if (head.hasTransferEncoding && head.contentLength >= 0)
    return head.fail('both Transfer-Encoding and Content-Length');
  if (head.hasTransferEncoding && head.minor === 0) return head.fail('Transfer-Encoding in an HTTP/1.0 response');
  dropNominated(head);
  return COMPLETE;
}

/** `HTTP/1.x SP 3DIGIT`, refused at the first byte that cannot be right. @returns where the fields begin, INCOMPLETE or INVALID */
function parseStatusLine(head: ResponseHead, start: number): number {
  const { text } = head;
  const size = text.length - start;
  if (!text.startsWith('HTTP/1.', start)) {
    return size < 7 && 'HTTP/1.'.startsWith(text.slice(start))
      ? INCOMPLETE
      : head.fail('the status line does not begin with HTTP/1.');
  }
  if (size < 8) return INCOMPLETE;
  const minor = text.charCodeAt(start + 7) - 48;
  if (minor !== 0 && minor !== 1) return head.fail('the version is neither HTTP/1.0 nor HTTP/1.1');
  if (size < 9) return INCOMPLETE;
  if (text.charCodeAt(start + 8) !== 32) return head.fail('no space after the version');
  head.minor = minor;
  let status = 0;
  for (let i = start + 9; i < start + 12; i++) {
    if (i >= text.length) return INCOMPLETE;
    const c = text.charCodeAt(i);
    if (((CLASS[c] ?? 0) & DIGIT) === 0) return head.fail('the status is not three digits');
    status = status * 10 + (c - 48);
  }
  if (status < 100 || status > 599) return head.fail('the status is not between 100 and 599');
  head.status = status;
  return parseReason(head, start + 12);
}

/** `SP reason` or, leniently as RFC 9112 4 allows, nothing; then CRLF. */
function parseReason(head: ResponseHead, at: number): number {
  const { text } = head;
  let pos = at;
  if (pos >= text.length) return INCOMPLETE;
  if (text.charCodeAt(pos) !== 13) {
    if (text.charCodeAt(pos) !== 32) return head.fail('no space after the status');
    pos++;
  }
  head.reasonStart = pos;
  while (pos < text.length && ((CLASS[text.charCodeAt(pos)] ?? 0) & VALUE) !== 0) pos++;
  if (pos >= text.length || (text.charCodeAt(pos) === 13 && pos + 1 === text.length)) return INCOMPLETE;
  if (text.charCodeAt(pos) !== 13 || text.charCodeAt(pos + 1) !== 10)
    return head.fail('the status line does not end in CRLF');
  head.reasonEnd = pos;
  return pos + 2;
}

/** True when no body follows whatever the fields say (RFC 9112 6.3(1)). */
export function isBodiless(status: number, toHead: boolean): boolean {
  return toHead || status === 204 || status === 304 || (status >= 100 && status < 200);
}
