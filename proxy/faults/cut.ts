/** A body that ends early, in whatever way: shared by truncation and by the reset in the body. */
import type { BodyFilter, BodySink } from '../body-filter.ts';

export class Cut implements BodyFilter {
  readonly keepsLength: boolean;
  readonly #end: (sink: BodySink) => void;
  readonly #mayCut: () => boolean;
  #left: number;
  #done = false;

  /**
   * @param mayCut - asked once, when the body turns out to be longer
   * @param end - what happens after `bytes` bytes; not called for a body that is not longer
   */
  constructor(bytes: number, keepsLength: boolean, mayCut: () => boolean, end: (sink: BodySink) => void) {
    this.#left = bytes;
    this.keepsLength = keepsLength;
    this.#mayCut = mayCut;
    this.#end = end;
  }

  onData(bytes: Buffer, sink: BodySink): boolean {
    if (this.#done) return true;
    if (bytes.length > this.#left && !this.#mayCut()) this.#left = Infinity;
    if (bytes.length <= this.#left) {
      this.#left -= bytes.length;
      return sink.write(bytes);
    }
    this.#done = true;
    if (this.#left > 0) sink.write(bytes.subarray(0, this.#left));
    this.#end(sink);
    return true;
  }

  onEnd(sink: BodySink): void {
    if (!this.#done) sink.end();
  }

  cancel(): void {
    this.#done = true;
  }
}
