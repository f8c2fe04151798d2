/**
 * Things that outlive a configuration, by name. Names come and go (a version for each release, a route for each idea), so
 * those that no configuration has named for long are forgotten: metrics and memory stay bounded.
 */

/** How many that are no longer named are still told of. A counter takes some 20 KB. */
const MAX_GONE = 200;

export class Kept<V> {
  readonly #entries = new Map<string, { readonly value: V; round: number }>();
  readonly #maxGone: number;
  #round = 0;

  constructor(maxGone = MAX_GONE) {
    this.#maxGone = maxGone;
  }

  /** Names it in this round. */
  get(key: string, make: () => V): V {
    const known = this.#entries.get(key);
    if (known === undefined) {
      const value = make();
      this.#entries.set(key, { value, round: this.#round });
      return value;
    }
    // The last use comes last.
    if (known.round !== this.#round) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      known.round = this.#round;
    }
    return known.value;
  }

  /** Names it where it is there. */
  touch(key: string): void {
    const known = this.#entries.get(key);
    if (known) this.get(key, () => known.value);
  }

  /** A configuration is about to be compiled, which names everything that it needs. Forgets what has been gone longest. */
  nextRound(): void {
    let gone = 0;
    for (const { round } of this.#entries.values()) if (round !== this.#round) gone++;
    for (const [key, { round }] of this.#entries) {
      if (gone <= this.#maxGone) break;
      if (round === this.#round) continue;
      this.#entries.delete(key);
      gone--;
    }
    this.#round++;
  }

  *values(): IterableIterator<V> {
    for (const { value } of this.#entries.values()) yield value;
  }

  *entries(): IterableIterator<[string, V]> {
    for (const [key, { value }] of this.#entries) yield [key, value];
  }
}
