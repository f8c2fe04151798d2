/** The arms of an overlay that divides keys: which arm a key has, and what is counted of it. */
import { armOf, armSalt, groupOf, keyHash, SLOTS, slotOf, takesPart } from '../../contracts/arm-split.ts';
import type { ArmSplit } from '../../contracts/arm-split.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import { PPM } from '../../contracts/units.ts';
import { KeyedCounters } from './keyed-counters.ts';

export class KeyedSplit {
  readonly split: ArmSplit;
  readonly counters: readonly KeyedCounters[];
  readonly #seed: number;
  readonly #salts: readonly number[];
  readonly #weights: readonly number[];
  /** A bit for each slot that has had its first key here. */
  readonly #taken = new Uint8Array(SLOTS / 8);

  constructor({ experimentId, epoch, seed }: Overlay, split: ArmSplit) {
    this.split = split;
    this.#seed = seed;
    this.#salts = split.arms.map(({ version }) => armSalt(version));
    this.#weights = split.arms.map(({ weight }) => weight);
    const candidatePpm = othersPpm(this.#weights);
    this.counters = split.arms.map(
      ({ version }, i) =>
        new KeyedCounters(experimentId, epoch, i === 0 ? 'baseline' : 'candidate', candidatePpm, version),
    );
  }

  hash(key: string): number {
    return keyHash(key, this.#seed);
  }

  /** @returns the arm's number, or -1: the key does not take part */
  armOf(hash: number): number {
    return takesPart(hash, this.split.sharePpm) ? armOf(hash, this.#salts, this.#weights) : -1;
  }

  group(hash: number): number {
    return groupOf(hash);
  }

  /** Counts the key where it is the first of its slot. */
  see(hash: number, arm: number): void {
    const slot = slotOf(hash);
    const [at, bit] = [slot >> 3, 1 << (slot & 7)];
    const bits = this.#taken[at] ?? 0;
    if ((bits & bit) !== 0) return;
    this.#taken[at] = bits | bit;
    this.counters[arm]?.addSlot(slot);
  }
}

/** What all arms but the first get. */
function othersPpm(weights: readonly number[]): number {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return Math.round(PPM * (1 - (weights[0] ?? 0) / all));
}
