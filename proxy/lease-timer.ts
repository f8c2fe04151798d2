/**
 * Looks again when the earliest of many leases may have run out. Leases are renewed all the time and that costs nothing
 * here: a timer that comes too early sees it, and waits for the rest.
 */
export type LeaseTimerOptions = {
  /** Milliseconds until the earliest lease runs out; undefined: there is none. */
  readonly earliestMs: () => number | undefined;
  /** Drops what is over. */
  readonly onDue: () => void;
};

/** The longest delay that setTimeout takes. */
const MAX_DELAY_MS = 2 ** 31 - 1;

export class LeaseTimer {
  readonly #options: LeaseTimerOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LeaseTimerOptions) {
    this.#options = options;
  }

  /** To be called whenever a lease has begun. */
  look(): void {
    this.#waitFor(this.#options.earliestMs());
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #waitFor(leftMs: number | undefined): void {
    clearTimeout(this.#timer);
    if (leftMs === undefined) return;
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(1, Math.ceil(leftMs)));
    this.#timer = setTimeout(() => this.#due(), delayMs).unref();
  }

  /** A timer may come a little early. Asked before: a lease that runs out while others are dropped is looked at again. */
  #due(): void {
    const leftMs = this.#options.earliestMs();
    this.#options.onDue();
    this.#waitFor(leftMs);
  }
}
