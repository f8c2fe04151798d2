/** The latencies of one window, of which a quantile is asked once at its end. */

/** Further answers of a window are not looked at: the first ones tell enough. */
const MAX_SAMPLES = 512;

export class LatencyWindow {
  readonly #samples = new Float64Array(MAX_SAMPLES);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(ms: number): void {
    if (this.#count < MAX_SAMPLES) this.#samples[this.#count++] = ms;
  }

  /** The nearest rank. @returns 0 for an empty window */
  quantile(q: number): number {
    const sorted = this.#samples.subarray(0, this.#count).sort();
    return sorted[Math.max(0, Math.ceil(q * this.#count) - 1)] ?? 0;
  }

  clear(): void {
    this.#count = 0;
  }
}
