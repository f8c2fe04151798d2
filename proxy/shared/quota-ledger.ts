/**
 * Divides what all workers together may use, in the first process. Each holds a part and never uses more; parts are given
 * out, and taken back where they are not used, so that their sum is at no moment above the limit.
 */

export type QuotaTotal = {
  readonly key: string;
  readonly limit: number;
  /** What was given out never comes back from a worker that is gone: it may have used it for good. */
  readonly isSpent: boolean;
};

/** `serial`: of the worker; answers carry it. */
export type QuotaAsked = QuotaTotal & { readonly serial: number };
export type QuotaGrant = { readonly by: number; readonly serial: number; readonly count: number };

type Entry = {
  readonly isSpent: boolean;
  spent: number;
  readonly parts: Map<number, number>;
  /** Serials, by worker. */
  readonly waiting: Map<number, number>;
};

export class QuotaLedger {
  readonly #entries = new Map<string, Entry>();

  /**
   * @param members - workers that share
   * @returns how much it may use from now on, and who is to give back what they do not use, when that is nothing
   */
  ask(by: number, asked: QuotaAsked, members: number): { count: number; from: number[] } {
    const { key, limit, isSpent, serial } = asked;
    const entry: Entry = this.#entries.get(key) ?? { isSpent, spent: 0, parts: new Map(), waiting: new Map() };
    this.#entries.set(key, entry);
    const own = entry.parts.get(by) ?? 0;
    const free = limit - entry.spent - sumOf(entry.parts);
    const workers = Math.max(1, members);
    const count = Math.max(0, Math.min(free, Math.max(Math.ceil(limit / workers) - own, Math.ceil(free / workers))));
    entry.parts.set(by, own + count);
    if (count > 0) return { count, from: [] };
    entry.waiting.set(by, serial);
    return { count, from: [...entry.parts].flatMap(([id, part]) => (id !== by && part > 0 ? [id] : [])) };
  }

  /** @returns to whom it goes on; undefined: it stays free */
  giveBack(by: number, key: string, count: number): QuotaGrant | undefined {
    const entry = this.#entries.get(key);
    const part = entry?.parts.get(by);
    if (!entry || part === undefined) return undefined;
    entry.parts.set(by, part - count);
    const [next] = entry.waiting;
    if (next === undefined) return undefined;
    const [worker, serial] = next;
    entry.waiting.delete(worker);
    entry.parts.set(worker, (entry.parts.get(worker) ?? 0) + count);
    return { by: worker, serial, count };
  }

  /** The worker has it no longer. The last one takes the memory of it away. */
  drop(by: number, key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    if (entry.isSpent) entry.spent += entry.parts.get(by) ?? 0;
    entry.parts.delete(by);
    entry.waiting.delete(by);
    if (entry.parts.size === 0) this.#entries.delete(key);
  }

  leave(by: number): void {
    for (const key of [...this.#entries.keys()]) this.drop(by, key);
  }
}

function sumOf(parts: ReadonlyMap<number, number>): number {
  let sum = 0;
  for (const part of parts.values()) sum += part;
  return sum;
}
