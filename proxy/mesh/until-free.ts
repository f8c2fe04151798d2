/** A configuration that was refused because an address of it is taken: tried again until it fits or another one comes. */
import { MeshproofError } from '../../contracts/errors.ts';
import { backoffMs } from './backoff.ts';

export type UntilFreeOptions = {
  /** Uniform in 0 … 1, for the jitter. */
  readonly random: () => number;
  /** Told before each wait. */
  readonly onWait: (waitMs: number) => void;
};

export class UntilFree {
  readonly #options: UntilFreeOptions;
  #again: NodeJS.Timeout | undefined;

  constructor(options: UntilFreeOptions) {
    this.#options = options;
  }

  /**
   * In the place of the one that is tried so far.
   * @param attempt - rejects with what it is refused with; anything but ADDRESS_IN_USE ends the attempts, and it has told
   */
  begin(attempt: () => Promise<void>, failures = 1): void {
    this.cancel();
    const waitMs = backoffMs(failures, this.#options.random());
    this.#options.onWait(waitMs);
    this.#again = setTimeout(() => void this.#attempt(attempt, failures), waitMs).unref();
  }

  /** Another one is tried, or the proxy ends. */
  cancel(): void {
    clearTimeout(this.#again);
    this.#again = undefined;
  }

  async #attempt(attempt: () => Promise<void>, failures: number): Promise<void> {
    const mine = this.#again;
    try {
      await attempt();
    } catch (error) {
      if (this.#again === mine && isTaken(error)) return this.begin(attempt, failures + 1);
    }
    if (this.#again === mine) this.#again = undefined;
  }
}

export function isTaken(error: unknown): boolean {
  return error instanceof MeshproofError && error.code === 'ADDRESS_IN_USE';
}
