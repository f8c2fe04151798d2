/** Randomness that is seeded, so that a run can be repeated; and hashing that gives one request one fate. */

/** A small generator (xorshift32, Marsaglia 2003). Not for secrets. */
export class Random {
  #state: number;

  /** @param seed - any 32-bit number; 0 is replaced, because xorshift cannot leave 0 */
  constructor(seed: number) {
    this.#state = seed >>> 0 || 0x9e37_79b9;
  }

  /** Uniform in 0 … 999 999, for comparing with parts per million. */
  ppm(): number {
    return Math.floor((this.uint32() / 0x1_0000_0000) * 1_000_000);
  }

  uint32(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return this.#state;
  }
}

export { hashText, mix, ppmOf } from '../contracts/hash.ts';
