/**
 * Heads as they leave: unchanged bytes are copied in runs, hop-by-hop fields are left out, ours are added at the end.
 * The result is one latin1 string, so that head and small body go out in one write.
 */
import { equalsWord } from './chars.ts';
import { RANGE } from './head.ts';
import type { Head, RequestHead, ResponseHead } from './head.ts';
import type { HeadEdits } from './head-edits.ts';
import { hopsLeft } from './max-forwards.ts';

/** The fields that are kept, in their order, as one string that ends in CRLF (or is empty). */
function keptFields(head: Head, from: number): string {
  const { text, ranges, drop, fieldCount } = head;
  const fieldsEnd = head.end - 2;
  let out = '';
  let runStart = from;
  for (let i = 0; i < fieldCount; i++) {
    if (drop[i] === 0) continue;
    const lineStart = ranges[i * RANGE] ?? 0;
    const lineEnd = i + 1 < fieldCount ? (ranges[(i + 1) * RANGE] ?? 0) : fieldsEnd;
    if (lineStart > runStart) out += text.slice(runStart, lineStart);
    runStart = lineEnd;
  }
  return runStart < fieldsEnd ? out + text.slice(runStart, fieldsEnd) : out;
}

/** What the proxy decides about the request that leaves. */
export type RequestEdits = {
  /** `via: 1.1 name\r\n` and whatever else is the same for every request. */
  readonly added: string;
  /** Host for an HTTP/1.0 request that has none. */
  readonly fallbackHost: string;
  readonly upgrade: boolean;
  readonly keepExpect: boolean;
  /** The endpoint may send trailers: said where it is asked for (HTTP/2). */
  readonly te?: boolean;
  /** What filters changed. */
  readonly changes?: HeadEdits | undefined;
};

/** The request head for the upstream: HTTP/1.1, origin-form (authority-form for CONNECT), Host from the target for absolute-form. */
export function writeRequestHead(head: RequestHead, edits: RequestEdits): string {
  if (!head.lengthCanonical || head.isConnect) dropField(head, 'content-length');
  // An expectation is void in HTTP/1.0 (RFC 9110 10.1.1), and met when the body is here already.
  if (head.expectField >= 0 && !(edits.keepExpect && head.minor === 1)) head.drop[head.expectField] = 1;
  const hops = hopsLeft(head);
  if (hops !== undefined) head.drop[head.maxForwardsField] = 1;
  const { changes } = edits;
  changes?.dropFrom(head);
  let out: string;
  if (head.minor === 1 && head.authorityStart < 0 && changes?.target === undefined && changes?.host === undefined) {
    out = keptFields(head, head.start);
  } else {
    const named = head.authorityStart >= 0 ? head.text.slice(head.authorityStart, head.authorityEnd) : undefined;
    const host = changes?.host ?? named;
    if (host !== undefined && head.hostField >= 0) head.drop[head.hostField] = 1;
    out = `${head.method} ${changes?.target ?? head.target} HTTP/1.1\r\n`;
    if (host !== undefined) out += `host: ${host}\r\n`;
    else if (head.hostField < 0) out += `host: ${edits.fallbackHost}\r\n`;
    out += keptFields(head, fieldsStart(head));
  }
  if (changes) out += changes.lines;
  const isNative = head.minor === 1 && !head.isHttp2;
  out += isNative ? edits.added : edits.added.replace('via: 1.1 ', head.isHttp2 ? 'via: 2.0 ' : 'via: 1.0 ');
  if (edits.te === true) out += 'te: trailers\r\n';
  if (hops !== undefined) out += `max-forwards: ${hops - 1}\r\n`;
  if (head.chunked) out += 'transfer-encoding: chunked\r\n';
  else if (!head.lengthCanonical && !head.isConnect) out += `content-length: ${head.contentLength}\r\n`;
  if (edits.upgrade) out += 'connection: upgrade\r\nupgrade: websocket\r\n';
  return out + '\r\n';
}

function fieldsStart(head: Head): number {
  return head.fieldCount > 0 ? head.nameStart(0) : head.end - 2;
}

/** @param name - lower case */
function dropField(head: Head, name: string): void {
  for (let i = 0; i < head.fieldCount; i++) {
    const at = i * RANGE;
    if (equalsWord(head.text, head.ranges[at] ?? 0, head.ranges[at + 1] ?? 0, name)) head.drop[i] = 1;
  }
}

/** How the response's body is framed towards the client. */
export type ResponseFraming = {
  readonly chunked: boolean;
  /** Content-Length may not go on: 1xx, 204, and 2xx to CONNECT (RFC 9110 8.6). */
  readonly dropLength: boolean;
  readonly connection: '' | 'close' | 'keep-alive' | 'upgrade';
};

/** The response head for the client, always HTTP/1.1 (RFC 9110 6.2: a proxy sends its own version). */
export function writeResponseHead(head: ResponseHead, framing: ResponseFraming, changes?: HeadEdits): string {
  changes?.dropFrom(head);
  const rewriteLength = !head.lengthCanonical && !framing.dropLength;
  if (framing.dropLength || rewriteLength) dropField(head, 'content-length');
  let out: string;
  if (head.minor === 1 && hasReasonSpace(head)) out = keptFields(head, head.start);
  else {
    const reason = head.text.slice(head.reasonStart, head.reasonEnd);
    out = `HTTP/1.1 ${head.status} ${reason}\r\n${keptFields(head, fieldsStart(head))}`;
  }
  if (changes) out += changes.lines;
  if (rewriteLength) out += `content-length: ${head.contentLength}\r\n`;
  if (framing.chunked) out += 'transfer-encoding: chunked\r\n';
  if (framing.connection === '') return out + '\r\n';
  if (framing.connection === 'upgrade')
    return `${out}connection: upgrade\r\nupgrade: ${head.value(head.upgradeField)}\r\n\r\n`;
  return `${out}connection: ${framing.connection}\r\n\r\n`;
}

/** The space after the status may be missing in what we read (RFC 9112 4), not in what we write. */
function hasReasonSpace(head: ResponseHead): boolean {
  return head.text.charCodeAt(head.reasonStart - 1) === 32;
}
