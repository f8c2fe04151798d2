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

/** Mixes a 32-bit number so that neighbours become unrelated (finaliser of MurmurHash3, public domain). */
export function mix(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a over the text's characters, seeded, then mixed. Stable across processes and versions: sticky sessions rely on it. */
export function hashText(text: string, seed: number): number {
  let h = (0x811c_9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x0100_0193);
  return mix(h);
}

/** A hash as parts per million, 0 … 999 999. */
export function ppmOf(hash: number): number {
  return Math.floor((hash / 0x1_0000_0000) * 1_000_000);
}
