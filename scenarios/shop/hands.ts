/** So much at once, and no more: the others wait their turn, first come, first served. */
export class Hands {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(hands: number) {
    this.#free = hands;
  }

  async do<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((go) => this.#waiting.push(go));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
