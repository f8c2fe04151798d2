/** The body that follows a head in HTTP/1.1's framing, unpacked for a stream of HTTP/2: data out, trailers at the end. */
import type { Writable } from 'node:stream';
import { ChunkedDecoder } from '../http1/chunked.ts';
import type { TextFraming } from './message-text.ts';

export class TextBody {
  readonly #decoder: ChunkedDecoder | undefined;
  #remaining: number;

  /** @param length - for the framing `length`; `until-close` never ends by itself */
  constructor(framing: TextFraming | 'until-close', length: number) {
    this.#decoder = framing === 'chunked' ? new ChunkedDecoder(true) : undefined;
    this.#remaining = framing === 'length' ? length : framing === 'none' ? 0 : Number.POSITIVE_INFINITY;
  }

  get ended(): boolean {
    return this.#decoder ? this.#decoder.done : this.#remaining === 0;
  }

  /** The framing is broken: what was written so far must not look complete. */
  get failed(): boolean {
    return this.#decoder?.failed === true;
  }

  /** Lines that end in CRLF. */
  get trailers(): string {
    return this.#decoder?.trailers ?? '';
  }

  /** @returns false when the stream does not keep up */
  feed(bytes: Buffer, to: Pick<Writable, 'write'>): boolean {
    if (bytes.length === 0) return true;
    const decoder = this.#decoder;
    if (!decoder) {
      const take = bytes.subarray(0, Math.min(bytes.length, this.#remaining));
      this.#remaining -= take.length;
      return take.length === 0 || to.write(take);
    }
    return decoder.decode(bytes, (body) => to.write(body));
  }
}
