/** When something that failed may be tried again: soon, then twice as late each time. */
const FIRST_MS = 100;
const LONGEST_MS = 5_000;

export class Backoff {
  readonly #waits = new Map<string | number, { readonly untilMs: number; readonly waitMs: number }>();

  due(what: string | number, nowMs: number): boolean {
    return nowMs >= (this.#waits.get(what)?.untilMs ?? -Infinity);
  }

  failed(what: string | number, nowMs: number): void {
    const waitMs = Math.min(LONGEST_MS, (this.#waits.get(what)?.waitMs ?? FIRST_MS / 2) * 2);
    this.#waits.set(what, { waitMs, untilMs: nowMs + waitMs });
  }

  succeeded(what: string | number): void {
    this.#waits.delete(what);
  }
}
