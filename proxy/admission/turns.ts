/**
 * Lets new connections in while the proxy is busy. Since 1.45 libuv accepts one connection in each turn of the event loop;
 * where a turn handles all requests of a thousand busy connections, the next client would wait for seconds. While
 * connections arrive, a turn therefore handles a limited number of requests, and the others wait for theirs in order.
 */

/** A turn with so many requests takes about a millisecond; its fixed costs are then still small beside them. */
export const REQUESTS_PER_TURN = 32;

const DROP_AT = 4_096;

export interface Waiting {
  resume(): void;
}

export class Turns {
  /** While connections arrive: a connection that is without a request stops reading, and waits for its turn. */
  crowded = false;
  readonly #defer: (step: () => void) => void;
  readonly #step = (): void => this.#next();
  #waiting: Waiting[] = [];
  /** Whom it is the turn of in `#waiting`. */
  #at = 0;
  #hasArrived = false;

  /** @param defer - runs a function once in the next turn of the event loop: setImmediate */
  constructor(defer: (step: () => void) => void = setImmediate) {
    this.#defer = defer;
  }

  /** A connection was accepted; more may follow. */
  arrived(): void {
    this.#hasArrived = true;
    if (this.crowded) return;
    this.crowded = true;
    this.#defer(this.#step);
  }

  /** Only while crowded. `resume` is called once, a turn later or more. */
  wait(connection: Waiting): void {
    this.#waiting.push(connection);
  }

  #next(): void {
    this.crowded = this.#hasArrived;
    this.#hasArrived = false;
    const end = this.crowded ? Math.min(this.#at + REQUESTS_PER_TURN, this.#waiting.length) : this.#waiting.length;
    while (this.#at < end) this.#waiting[this.#at++]?.resume();
    // Not at every turn: what has had its turn is dropped by copying the rest.
    if (this.#at === this.#waiting.length || this.#at > DROP_AT) {
      this.#waiting = this.#waiting.slice(this.#at);
      this.#at = 0;
    }
    if (this.crowded) this.#defer(this.#step);
  }
}
