/**
 * The halt switch: a generation number in shared memory. The admin server runs in a thread of its own and turns the
 * switch there, so halting works while the thread that carries traffic is stuck: it shares no lock, no queue and no
 * connection with it. Overlays and faults remember the generation in which they were declared; one of an older
 * generation is not honoured.
 */
export class HaltSwitch {
  readonly buffer: SharedArrayBuffer;
  readonly #generation: Int32Array;

  /** @param buffer - from another thread's switch; absent: a new switch */
  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(4)) {
    this.buffer = buffer;
    this.#generation = new Int32Array(buffer);
  }

  /** Everything declared before this call is off from now on, in every thread that shares the buffer. */
  halt(): void {
    Atomics.add(this.#generation, 0, 1);
  }

  get generation(): number {
    return Atomics.load(this.#generation, 0);
  }
}
