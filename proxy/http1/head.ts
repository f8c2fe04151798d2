/**
 * A message head as ranges into the text that it was read from. One object per connection, filled anew for each
 * message: nothing is copied and no object is made per header.
 */
import type { ErrorCode } from '../../contracts/errors.ts';

/** Limits of a message head, in bytes and fields. */
export type HeadLimits = { readonly headBytes: number; readonly targetBytes: number; readonly fields: number };
export const HEAD_LIMITS: HeadLimits = { headBytes: 64 * 1024, targetBytes: 16 * 1024, fields: 256 };

export const INCOMPLETE = 0;
export const COMPLETE = 1;
export const INVALID = -1;
export type ParseOutcome = typeof INCOMPLETE | typeof COMPLETE | typeof INVALID;

/** Numbers per field in `ranges`: name start, name end, value start, value end. The line ends two bytes after. */
export const RANGE = 4;
/** Room for the fields of nearly all heads; a connection holds one head. */
const FIRST_FIELDS = 32;

export class Head {
  /** The text that the ranges point into. */
  text = '';
  start = 0;
  /** First byte after the empty line. */
  end = 0;
  fieldCount = 0;
  ranges: Int32Array = new Int32Array(FIRST_FIELDS * RANGE);
  /** 1 for a field that must not be forwarded. */
  drop: Uint8Array = new Uint8Array(FIRST_FIELDS);
  /** Fields named by Connection, lower case, beyond the well-known ones. */
  nominated: string[] | undefined;
  minor = 1;
  /** -1: no Content-Length. */
  contentLength = -1;
  lengthCanonical = true;
  chunked = false;
  hasTransferEncoding = false;
  connectionClose = false;
  connectionKeepAlive = false;
  connectionUpgrade = false;
  upgradeField = -1;
  hostField = -1;
  viaField = -1;
  expectField = -1;
  maxForwardsField = -1;
  /** TE is exactly `trailers`. It is for one hop; an HTTP/2 hop says it anew. */
  acceptsTrailers = false;
  error: ErrorCode = 'HTTP_MALFORMED';
  detail = '';

  /** Makes room for more fields than most heads have; what was read is kept. @returns the new ranges */
  grow(): Int32Array {
    const ranges = new Int32Array(this.ranges.length * 2);
    ranges.set(this.ranges);
    this.ranges = ranges;
    const drop = new Uint8Array(this.drop.length * 2);
    drop.set(this.drop);
    this.drop = drop;
    return ranges;
  }

  reset(text: string, start: number): void {
    this.text = text;
    this.start = start;
    this.end = start;
    this.fieldCount = 0;
    this.nominated = undefined;
    this.minor = 1;
    this.contentLength = -1;
    this.lengthCanonical = true;
    this.chunked = false;
    this.hasTransferEncoding = false;
    this.connectionClose = false;
    this.connectionKeepAlive = false;
    this.connectionUpgrade = false;
    this.upgradeField = -1;
    this.hostField = -1;
    this.viaField = -1;
    this.expectField = -1;
    this.maxForwardsField = -1;
    this.acceptsTrailers = false;
  }

  /** Records why the head is refused. */
  fail(detail: string, error: ErrorCode = 'HTTP_MALFORMED'): typeof INVALID {
    this.error = error;
    this.detail = detail;
    return INVALID;
  }

  nameStart(field: number): number {
    return this.ranges[field * RANGE] ?? 0;
  }

  value(field: number): string {
    return this.text.slice(this.ranges[field * RANGE + 2], this.ranges[field * RANGE + 3]);
  }

  /** The first value of a field by its lower-case name; none of its fields goes on. */
  take(name: string): string | undefined {
    let first: string | undefined;
    for (let i = 0; i < this.fieldCount; i++) {
      const at = i * RANGE;
      if (this.text.slice(this.ranges[at] ?? 0, this.ranges[at + 1] ?? 0).toLowerCase() !== name) continue;
      this.drop[i] = 1;
      first ??= this.value(i);
    }
    return first;
  }

  /** The first value of a field by its lower-case name. Linear; for matching and rare fields, not for each request. */
  get(name: string): string | undefined {
    for (let i = 0; i < this.fieldCount; i++) {
      const at = i * RANGE;
      const start = this.ranges[at] ?? 0;
      const end = this.ranges[at + 1] ?? 0;
      if (end - start === name.length && this.text.slice(start, end).toLowerCase() === name) return this.value(i);
    }
    return undefined;
  }
}

export class RequestHead extends Head {
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  /** Path and query in origin-form: equal to the target, or what an absolute-form target held. */
  pathStart = 0;
  /** For absolute-form: the authority, which replaces Host. */
  authorityStart = -1;
  authorityEnd = -1;
  /** It came as frames of HTTP/2, and is read here as text. Kept from request to request. */
  isHttp2 = false;
  isConnect = false;
  isHead = false;
  /** RFC 9110 9.2.2: GET, HEAD, OPTIONS, TRACE, PUT, DELETE. */
  isIdempotent = false;
  /** absolute-form without a path: the target to forward (`/`, or `*` for OPTIONS). */
  replacedTarget: string | undefined;

  get method(): string {
    return this.text.slice(this.methodStart, this.methodEnd);
  }

  get target(): string {
    return this.replacedTarget ?? this.text.slice(this.pathStart, this.targetEnd);
  }

  /** The host that the request is for, without port, lower case; empty when it names none (HTTP/1.0). */
  get hostname(): string {
    let host = '';
    if (this.authorityStart >= 0) host = this.text.slice(this.authorityStart, this.authorityEnd);
    else if (this.hostField >= 0) host = this.value(this.hostField);
    const colon = host.startsWith('[') ? host.indexOf(':', host.indexOf(']')) : host.indexOf(':');
    return (colon < 0 ? host : host.slice(0, colon)).toLowerCase();
  }
}

export class ResponseHead extends Head {
  status = 0;
  /** A filter changes the body's length: the Content-Length that came is not sent on. */
  lengthVoid = false;
  reasonStart = 0;
  reasonEnd = 0;
}
