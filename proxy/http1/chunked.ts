/**
 * The chunked coding, read strictly (RFC 9112 7.1): sizes are hex and bounded, lines end in CRLF, extensions must be
 * well-formed and are bounded in total. Pull-style, so that no callback is made per chunk: call `next` until it
 * has eaten the input; after each call `dataStart`/`dataEnd` name the body bytes it found, if any.
 */
import { CLASS, HEX, TOKEN, VALUE } from './chars.ts';

const MAX_SIZE_DIGITS = 13;
/** All extensions and trailers of one body together. */
const MAX_OVERHEAD_BYTES = 16 * 1024;

const SIZE = 0;
const EXTENSION = 1;
const EXT_VALUE = 2;
const EXT_QUOTED = 3;
const EXT_ESCAPE = 4;
const EXT_AFTER = 5;
const SIZE_LF = 6;
const DATA = 7;
const DATA_CR = 8;
const DATA_LF = 9;
const TRAILER_START = 10;
const TRAILER_NAME = 11;
const TRAILER_VALUE = 12;
const TRAILER_LF = 13;
const END_LF = 14;
const DONE = 15;
const FAILED = 16;

export class ChunkedDecoder {
  #state = SIZE;
  #remaining = 0;
  #digits = 0;
  #overhead = 0;
  #extStart = true;
  /** Keep the trailer section: lines as they came, each ending in CRLF. */
  readonly #keepTrailers: boolean;
  trailers = '';
  dataStart = 0;
  dataEnd = 0;

  constructor(keepTrailers = false) {
    this.#keepTrailers = keepTrailers;
  }

  get done(): boolean {
    return this.#state === DONE;
  }

  get failed(): boolean {
    return this.#state === FAILED;
  }

  reset(): void {
    this.#state = SIZE;
    this.#remaining = 0;
    this.#digits = 0;
    this.#overhead = 0;
    this.trailers = '';
  }

  /**
   * Reads from `pos` up to the next span of body bytes, the end of the body, or the end of the input.
   * @returns the first byte not eaten. Body bytes found are [dataStart, dataEnd), empty when equal.
   */
  next(buffer: Uint8Array, pos: number, end: number): number {
    this.dataStart = this.dataEnd = pos;
    let at = pos;
    while (at < end) {
      if (this.#state === DATA) {
        const take = Math.min(this.#remaining, end - at);
        this.dataStart = at;
        this.dataEnd = at + take;
        this.#remaining -= take;
        if (this.#remaining === 0) this.#state = DATA_CR;
        return at + take;
      }
      if (this.#state >= DONE) return at;
      this.#state = this.#step(buffer[at] ?? 0);
      at++;
    }
    return at;
  }

  /**
   * Takes the framing off.
   * @param take - of each span of body bytes; returns false when whoever takes them does not keep up
   * @returns false when `take` did
   */
  decode(bytes: Buffer, take: (body: Buffer) => boolean): boolean {
    let open = true;
    for (let at = 0; at < bytes.length && this.#state < DONE;) {
      at = this.next(bytes, at, bytes.length);
      if (this.dataEnd > this.dataStart) open = take(bytes.subarray(this.dataStart, this.dataEnd)) && open;
    }
    return open;
  }

  /** One byte of framing: state -> state. */
  #step(c: number): number {
    switch (this.#state) {
      case SIZE: // hex digits, then `;` or CR
        return this.#size(c);
      case SIZE_LF: // CR seen after a size line: LF -> data, or trailers after the last chunk
        if (c !== 10) return FAILED;
        this.#digits = 0;
        return this.#remaining === 0 ? TRAILER_START : DATA;
      case DATA_CR: // the data is complete: CR
        return c === 13 ? DATA_LF : FAILED;
      case DATA_LF: // LF -> next size line
        return c === 10 ? SIZE : FAILED;
      case TRAILER_START: // CR ends the body; a token begins a trailer
        if (c === 13) return END_LF;
        return this.#isToken(c) ? this.#trailerByte(c, TRAILER_NAME) : FAILED;
      case TRAILER_NAME: // up to the colon
        if (c === 58) return this.#trailerByte(c, TRAILER_VALUE);
        return this.#isToken(c) ? this.#trailerByte(c, TRAILER_NAME) : FAILED;
      case TRAILER_VALUE: // up to CR
        if (c === 13) return TRAILER_LF;
        return ((CLASS[c] ?? 0) & VALUE) !== 0 ? this.#trailerByte(c, TRAILER_VALUE) : FAILED;
      case TRAILER_LF: // LF -> next trailer or the end
        if (c === 10 && this.#keepTrailers) this.trailers += '\r\n';
        return c === 10 ? TRAILER_START : FAILED;
      case END_LF: // LF -> done
        return c === 10 ? DONE : FAILED;
      default:
        return this.#extension(c);
    }
  }

  #size(c: number): number {
    if (((CLASS[c] ?? 0) & HEX) !== 0) {
      if (++this.#digits > MAX_SIZE_DIGITS) return FAILED;
      const digit = c <= 57 ? c - 48 : (c | 0x20) - 87;
      this.#remaining = this.#remaining * 16 + digit;
      return SIZE;
    }
    if (this.#digits === 0) return FAILED;
    if (c === 13) return SIZE_LF;
    if (c !== 59) return FAILED;
    this.#extStart = true;
    return this.#spend(EXTENSION);
  }

  /** chunk-ext = *( ";" BWS token [ "=" ( token / quoted-string ) ] ): bad white space is borne where no parser can mistake it, after ";". */
  #extension(c: number): number {
    switch (this.#state) {
      case EXTENSION: // the name: a token, then `=`, `;` or CR
        if (this.#isToken(c)) {
          this.#extStart = false;
          return this.#spend(EXTENSION);
        }
        if (this.#extStart) return c === 32 || c === 9 ? this.#spend(EXTENSION) : FAILED;
        if (c === 61) {
          this.#extStart = true;
          return this.#spend(EXT_VALUE);
        }
        return this.#afterValue(c);
      case EXT_VALUE: // a token, or a quoted string
        if (c === 34 && this.#extStart) return this.#spend(EXT_QUOTED);
        if (this.#isToken(c)) {
          this.#extStart = false;
          return this.#spend(EXT_VALUE);
        }
        return this.#extStart ? FAILED : this.#afterValue(c);
      case EXT_QUOTED: // up to the closing quote
        if (c === 34) return this.#spend(EXT_AFTER);
        if (c === 92) return this.#spend(EXT_ESCAPE);
        return ((CLASS[c] ?? 0) & VALUE) !== 0 ? this.#spend(EXT_QUOTED) : FAILED;
      case EXT_ESCAPE: // any one character that a value may hold
        return ((CLASS[c] ?? 0) & VALUE) !== 0 ? this.#spend(EXT_QUOTED) : FAILED;
      case EXT_AFTER: // `;` or CR
        return this.#afterValue(c);
      default:
        return FAILED;
    }
  }

  #afterValue(c: number): number {
    if (c === 13) return SIZE_LF;
    if (c !== 59) return FAILED;
    this.#extStart = true;
    return this.#spend(EXTENSION);
  }

  #isToken(c: number): boolean {
    return ((CLASS[c] ?? 0) & TOKEN) !== 0;
  }

  #trailerByte(c: number, state: number): number {
    if (this.#keepTrailers) this.trailers += String.fromCharCode(c);
    return this.#spend(state);
  }

  #spend(state: number): number {
    return ++this.#overhead > MAX_OVERHEAD_BYTES ? FAILED : state;
  }
}
