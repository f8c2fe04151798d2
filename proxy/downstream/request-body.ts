/**
 * The body of a request as it comes in: checked, held while it is small, streamed when it is not. A held body can be
 * sent again; a broken one never reaches the endpoint. Trailers go on, but for those that may not come late.
 */
import { ChunkedDecoder } from '../http1/chunked.ts';
import type { RequestHead } from '../http1/head.ts';
import { safeTrailers } from '../http1/trailers.ts';

const NONE = 0;
const LENGTH = 1;
const CHUNKED = 2;

export class RequestBody {
  #mode = NONE;
  #remaining = 0;
  readonly #decoder = new ChunkedDecoder(true);
  #held: Buffer[] = [];
  heldBytes = 0;
  /** Without framing; what was given away too. */
  receivedBytes = 0;
  complete = true;
  /** True once a part was given away: the body cannot be sent again. */
  streamed = false;
  #tee: ((parts: readonly Buffer[], complete: boolean) => void) | undefined;

  start(head: RequestHead): void {
    if (this.#held.length > 0) this.#held = [];
    this.heldBytes = 0;
    this.receivedBytes = 0;
    this.streamed = false;
    this.#tee = undefined;
    this.#mode = head.chunked ? CHUNKED : head.contentLength > 0 && !head.isConnect ? LENGTH : NONE;
    this.#remaining = head.contentLength;
    this.complete = this.#mode === NONE;
    if (this.#mode === CHUNKED) this.#decoder.reset();
  }

  get chunked(): boolean {
    return this.#mode === CHUNKED;
  }

  get empty(): boolean {
    return this.#mode === NONE;
  }

  /** Eats body bytes from `at`. @returns the first byte that is not of the body, or -1 when the framing is broken */
  feed(bytes: Buffer, at: number): number {
    if (this.#mode === CHUNKED) return this.#feedChunked(bytes, at);
    const take = Math.min(this.#remaining, bytes.length - at);
    this.#remaining -= take;
    this.complete = this.#remaining === 0;
    if (take > 0) this.#hold(bytes.subarray(at, at + take));
    return at + take;
  }

  /** What many small chunks hold becomes one part: a body of one-byte chunks costs no more than its bytes. */
  #feedChunked(bytes: Buffer, at: number): number {
    const decoder = this.#decoder;
    let only: Buffer | undefined;
    let joined: Buffer | undefined;
    let joinedBytes = 0;
    let pos = at;
    while (pos < bytes.length && !decoder.done) {
      pos = decoder.next(bytes, pos, bytes.length);
      if (decoder.failed) return -1;
      const { dataStart, dataEnd } = decoder;
      if (dataEnd === dataStart) continue;
      if (only === undefined) only = bytes.subarray(dataStart, dataEnd);
      else {
        if (joined === undefined) {
          joined = Buffer.allocUnsafe(bytes.length - at);
          joinedBytes = only.copy(joined);
        }
        joinedBytes += bytes.copy(joined, joinedBytes, dataStart, dataEnd);
      }
    }
    if (joined !== undefined) this.#hold(joined.subarray(0, joinedBytes));
    else if (only !== undefined) this.#hold(only);
    this.complete = decoder.done;
    return pos;
  }

  #hold(part: Buffer): void {
    this.#held.push(part);
    this.heldBytes += part.length;
    this.receivedBytes += part.length;
  }

  /** Also gives what is sent on to someone else, once; until the next request. */
  tee(listener: (parts: readonly Buffer[], complete: boolean) => void): void {
    const earlier = this.#tee;
    this.#tee = (parts, complete) => {
      earlier?.(parts, complete);
      listener(parts, complete);
    };
  }

  /** For sending: all of it, to be kept, when it is complete; else what is here, to be forgotten. */
  toSend(): Buffer[] {
    if (!this.complete || this.streamed) return this.takeFramed();
    const out = this.framed();
    this.#tee?.(out, true);
    this.#tee = undefined;
    return out;
  }

  /** What is held, framed for the wire; the closing chunk too when the body is complete. Keeps it for sending again. */
  framed(): Buffer[] {
    if (this.#mode !== CHUNKED) return this.#held;
    const last = this.complete ? [lastChunk(this.#decoder.trailers)] : [];
    if (this.heldBytes === 0) return last;
    const size = Buffer.from(`${this.heldBytes.toString(16)}\r\n`, 'latin1');
    return [size, ...this.#held, CRLF, ...last];
  }

  /** Like framed, but forgets: for streaming in constant memory. */
  takeFramed(): Buffer[] {
    const out = this.framed();
    this.#tee?.(out, this.complete);
    this.#held = [];
    this.heldBytes = 0;
    this.streamed = true;
    return out;
  }
}

const CRLF = Buffer.from('\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

function lastChunk(trailers: string): Buffer {
  return trailers === '' ? LAST_CHUNK : Buffer.from(`0\r\n${safeTrailers(trailers)}\r\n`, 'latin1');
}
