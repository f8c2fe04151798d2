/** The caps in force, by what they are for: they outlive the faults under them that are declared anew. */
import type { FaultSpec } from '../../../contracts/fault.ts';
import { PPM } from '../../../contracts/units.ts';
import type { Cap } from './cap.ts';
import { shareCap } from './share-cap.ts';
import { concurrentCap, injectionsCap, rateCap } from './shared-caps.ts';
import type { Around } from './shared-caps.ts';

export type Capped = Partial<Pick<FaultSpec, 'maxInjections' | 'maxConcurrent' | 'maxPerSecond' | 'maxShare'>>;

export class CapTable {
  readonly #around: Around;
  #caps = new Map<string, readonly Cap[]>();

  constructor(around: Around) {
    this.#around = around;
  }

  /** @param key - by which all workers know what is capped */
  of(key: string, { maxInjections, maxConcurrent, maxPerSecond, maxShare }: Capped): readonly Cap[] {
    const whole = JSON.stringify([key, maxInjections, maxConcurrent, maxPerSecond, maxShare]);
    const known = this.#caps.get(whole);
    if (known) return known;
    const caps = [
      ...(maxShare === undefined || maxShare >= PPM ? [] : [shareCap(maxShare)]),
      ...(maxInjections === undefined ? [] : [injectionsCap(this.#around, whole, maxInjections)]),
      ...(maxConcurrent === undefined ? [] : [concurrentCap(this.#around, whole, maxConcurrent)]),
      ...(maxPerSecond === undefined ? [] : [rateCap(this.#around, whole, maxPerSecond)]),
    ];
    this.#caps.set(whole, caps);
    return caps;
  }

  /** Lets go of all others. */
  keepOnly(used: Iterable<Cap>): void {
    const kept = new Set(used);
    for (const [key, caps] of this.#caps) {
      if (caps.some((cap) => kept.has(cap))) continue;
      for (const cap of caps) cap.close?.();
      this.#caps.delete(key);
    }
  }
}
