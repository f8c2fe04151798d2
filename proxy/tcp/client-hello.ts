/** The server name in a TLS ClientHello (RFC 8446 4.1.2, RFC 6066 3), read without taking part in the handshake. */
export type Hello =
  | { readonly state: 'incomplete' }
  | { readonly state: 'invalid' }
  /** `name` in lower case; absent when the client names none. */
  | { readonly state: 'complete'; readonly name?: string };

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
/** A ClientHello with post-quantum keys has about 1.8 KiB; more than this is no client that we want to wait for. */
export const MAX_HELLO_BYTES = 16 * 1024;

const INCOMPLETE: Hello = { state: 'incomplete' };
const INVALID: Hello = { state: 'invalid' };

/** @param bytes - what the client has sent so far */
export function readClientHello(bytes: Buffer): Hello {
  const message = handshakeBytes(bytes);
  if (message === undefined) return INVALID;
  if (message.length > 0 && message[0] !== CLIENT_HELLO) return INVALID;
  if (message.length < 4) return bytes.length > MAX_HELLO_BYTES ? INVALID : INCOMPLETE;
  const length = message.readUIntBE(1, 3);
  if (length > MAX_HELLO_BYTES) return INVALID;
  if (message.length < 4 + length) return bytes.length > MAX_HELLO_BYTES ? INVALID : INCOMPLETE;
  return readBody(message.subarray(4, 4 + length));
}

/** The handshake message may lie across several records. @returns undefined when these are no handshake records */
function handshakeBytes(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    if (bytes[at] !== HANDSHAKE || (bytes[at + 1] ?? 3) !== 3) return undefined;
    if (at + 5 > bytes.length) break;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > MAX_HELLO_BYTES) return undefined;
    parts.push(bytes.subarray(at + 5, Math.min(bytes.length, at + 5 + length)));
    at += 5 + length;
  }
  return Buffer.concat(parts);
}

function readBody(body: Buffer): Hello {
  const cursor = new Cursor(body);
  cursor.skip(2 + 32);
  cursor.skip(cursor.uint(1));
  cursor.skip(cursor.uint(2));
  cursor.skip(cursor.uint(1));
  if (cursor.failed) return INVALID;
  if (cursor.left === 0) return { state: 'complete' };
  const extensions = cursor.take(cursor.uint(2));
  while (!cursor.failed && extensions.left > 0) {
    const type = extensions.uint(2);
    const extension = extensions.take(extensions.uint(2));
    if (extensions.failed) return INVALID;
    if (type === SERVER_NAME) return readServerName(extension);
  }
  return cursor.failed ? INVALID : { state: 'complete' };
}

function readServerName(extension: Cursor): Hello {
  const list = extension.take(extension.uint(2));
  const type = list.uint(1);
  const name = list.bytes(list.uint(2)).toString('latin1').toLowerCase();
  if (extension.failed || list.failed || type !== 0 || !/^[a-z0-9._-]{1,255}$/.test(name)) return INVALID;
  return { state: 'complete', name };
}

/** Reads forward; what lies beyond the end fails, once for all. */
class Cursor {
  readonly #bytes: Buffer;
  #at = 0;
  failed = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  bytes(count: number): Buffer {
    if (this.failed || count > this.left) {
      this.failed = true;
      return EMPTY;
    }
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  skip(count: number): void {
    this.bytes(count);
  }

  uint(size: number): number {
    const bytes = this.bytes(size);
    return bytes.length === size ? bytes.readUIntBE(0, size) : 0;
  }

  take(count: number): Cursor {
    return new Cursor(this.bytes(count));
  }
}

const EMPTY = Buffer.alloc(0);
