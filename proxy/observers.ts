/** Who is told of every request at its end. Requests of a data plane that nobody observes pay nothing. */
import type { RequestObserver, Runtime } from './runtime.ts';

export class Observers {
  readonly #runtime: Runtime;
  readonly #all = new Set<RequestObserver>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** @returns stops it */
  add(observer: RequestObserver): () => void {
    this.#all.add(observer);
    this.#tell();
    return () => {
      this.#all.delete(observer);
      this.#tell();
    };
  }

  #tell(): void {
    const all = [...this.#all];
    this.#runtime.observe =
      all.length === 0
        ? undefined
        : (exchange, status, us) => {
            for (const observer of all) observer(exchange, status, us);
          };
  }
}
