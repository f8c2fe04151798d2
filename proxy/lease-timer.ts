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
    clearTimeout(this.#timer);
    const leftMs = this.#options.earliestMs();
    if (leftMs === undefined) return;
    const delayMs = Math.min(MAX_DELAY_MS, Math.max(1, Math.ceil(leftMs)));
    this.#timer = setTimeout(() => this.#due(), delayMs).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #due(): void {
    this.#options.onDue();
    this.look();
  }
}
