/**
 * The body of a request as it comes in: checked, held while it is small, streamed when it is not. A held body can be
 * sent again; a broken one never reaches the endpoint.
 */
import { ChunkedDecoder } from '../http1/chunked.ts';
import type { RequestHead } from '../http1/head.ts';

const NONE = 0;
const LENGTH = 1;
const CHUNKED = 2;

export class RequestBody {
  #mode = NONE;
  #remaining = 0;
  readonly #decoder = new ChunkedDecoder();
  #held: Buffer[] = [];
  heldBytes = 0;
  complete = true;
  /** True once a part was given away: the body cannot be sent again. */
  streamed = false;

  start(head: RequestHead): void {
    this.#held = this.#held.length === 0 ? this.#held : [];
    this.heldBytes = 0;
    this.streamed = false;
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
    if (this.#mode === LENGTH) {
      const take = Math.min(this.#remaining, bytes.length - at);
      this.#remaining -= take;
      this.#hold(bytes, at, at + take);
      this.complete = this.#remaining === 0;
      return at + take;
    }
    let pos = at;
    while (pos < bytes.length && !this.#decoder.done) {
      pos = this.#decoder.next(bytes, pos, bytes.length);
      if (this.#decoder.failed) return -1;
      this.#hold(bytes, this.#decoder.dataStart, this.#decoder.dataEnd);
    }
    this.complete = this.#decoder.done;
    return pos;
  }

  #hold(bytes: Buffer, from: number, to: number): void {
    if (to === from) return;
    this.#held.push(bytes.subarray(from, to));
    this.heldBytes += to - from;
  }

  /** What is held, framed for the wire; the closing chunk too when the body is complete. Keeps it for sending again. */
  framed(): Buffer[] {
    if (this.#mode !== CHUNKED) return this.#held;
    const out: Buffer[] = [];
    for (const part of this.#held) out.push(Buffer.from(`${part.length.toString(16)}\r\n`, 'latin1'), part, CRLF);
    if (this.complete) out.push(LAST_CHUNK);
    return out;
  }

  /** Like framed, but forgets: for streaming in constant memory. */
  takeFramed(): Buffer[] {
    const out = this.framed();
    this.#held = [];
    this.heldBytes = 0;
    this.streamed = true;
    return out;
  }
}

const CRLF = Buffer.from('\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
