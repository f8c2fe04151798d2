/** Hashing that gives one key one fate, in every proxy and in the control plane. Stable across versions. */

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
