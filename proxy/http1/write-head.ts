/**
 * Heads as they leave: unchanged bytes are copied in runs, hop-by-hop fields are left out, ours are added at the end.
 * The result is one latin1 string, so that head and small body go out in one write.
 */
import { RANGE } from './head.ts';
import type { Head, RequestHead, ResponseHead } from './head.ts';

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
};

/** The request head for the upstream: HTTP/1.1, origin-form (authority-form for CONNECT), Host from the target for absolute-form. */
export function writeRequestHead(head: RequestHead, edits: RequestEdits): string {
  if (!head.lengthCanonical || head.isConnect) dropField(head, 'content-length');
  if (head.expectField >= 0 && !edits.keepExpect) head.drop[head.expectField] = 1;
  const fieldsStart = head.fieldCount > 0 ? head.nameStart(0) : head.end - 2;
  let out: string;
  const plain = head.minor === 1 && head.authorityStart < 0;
  if (plain) out = keptFields(head, head.start);
  else {
    const host = head.authorityStart >= 0 ? head.text.slice(head.authorityStart, head.authorityEnd) : undefined;
    if (host !== undefined && head.hostField >= 0) head.drop[head.hostField] = 1;
    out = `${head.method} ${head.target} HTTP/1.1\r\n`;
    if (host !== undefined) out += `host: ${host}\r\n`;
    else if (head.hostField < 0) out += `host: ${edits.fallbackHost}\r\n`;
    out += keptFields(head, fieldsStart);
  }
  out += edits.added;
  if (head.chunked) out += 'transfer-encoding: chunked\r\n';
  else if (!head.lengthCanonical && !head.isConnect) out += `content-length: ${head.contentLength}\r\n`;
  if (edits.upgrade) out += 'connection: upgrade\r\nupgrade: websocket\r\n';
  return out + '\r\n';
}

function dropField(head: Head, name: string): void {
  for (let i = 0; i < head.fieldCount; i++) {
    const at = i * RANGE;
    if (head.text.slice(head.ranges[at], head.ranges[at + 1]).toLowerCase() === name) head.drop[i] = 1;
  }
}

/** How the response's body is framed towards the client. */
export type ResponseFraming = {
  readonly chunked: boolean;
  readonly dropLength: boolean;
  readonly connection: '' | 'close' | 'keep-alive' | 'upgrade';
};

/** The response head for the client, always HTTP/1.1 (RFC 9110 6.2: a proxy sends its own version). */
export function writeResponseHead(head: ResponseHead, framing: ResponseFraming): string {
  if (framing.dropLength) dropField(head, 'content-length');
  let out: string;
  if (head.minor === 1) out = keptFields(head, head.start);
  else {
    const fieldsStart = head.fieldCount > 0 ? head.nameStart(0) : head.end - 2;
    out = `HTTP/1.1 ${head.status} ${head.text.slice(head.reasonStart, head.reasonEnd)}\r\n${keptFields(head, fieldsStart)}`;
  }
  if (framing.chunked) out += 'transfer-encoding: chunked\r\n';
  if (framing.connection === '') return out + '\r\n';
  if (framing.connection === 'upgrade')
    return `${out}connection: upgrade\r\nupgrade: ${head.upgradeField >= 0 ? head.value(head.upgradeField) : 'websocket'}\r\n\r\n`;
  return `${out}connection: ${framing.connection}\r\n\r\n`;
}
