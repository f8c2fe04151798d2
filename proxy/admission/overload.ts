/**
 * What a proxy does when it runs out of room itself, in the order of Envoy's overload manager: first it lets connections
 * go after their answer, then it takes no new ones. What is in flight is answered in any case.
 */

/** Shares of a limit; a state is left below the share at which it was entered, so that it does not flicker. */
const STRAINED = { from: 0.9, until: 0.85 } as const;
const FULL = { from: 1, until: 0.95 } as const;

export type OverloadLimits = {
  /** Of one process: JavaScript's heap and the buffers beside it. 0: no limit. */
  readonly maxMemoryBytes: number;
};

export function isAbove(was: boolean, share: number, { from, until }: { from: number; until: number }): boolean {
  return share >= (was ? until : from);
}

export class Overload {
  readonly #limits: OverloadLimits;
  readonly #memoryBytes: () => number;
  /** Keep-alive is off, and idle connections are closed soon. */
  strained = false;
  /** New connections are refused. */
  full = false;

  constructor(limits: OverloadLimits, memoryBytes: () => number) {
    this.#limits = limits;
    this.#memoryBytes = memoryBytes;
  }

  /** To be called about once a second. @param connections - how full the address is that is fullest, in 0 … 1 */
  look(connections: number): void {
    const { maxMemoryBytes } = this.#limits;
    const memory = maxMemoryBytes === 0 ? 0 : this.#memoryBytes() / maxMemoryBytes;
    this.full = isAbove(this.full, memory, FULL);
    this.strained = isAbove(this.strained, Math.max(memory, connections), STRAINED);
  }

  /** For exposition: 0 calm, 1 strained, 2 full. */
  get level(): number {
    return this.full ? 2 : Number(this.strained);
  }
}

/** What JavaScript holds: unlike the resident size it shrinks when the load goes. */
export function memoryInUse(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
