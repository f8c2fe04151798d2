/** Counts requests, all together or by the value of a header, so that only the first of them meet a fault. */
import type { FaultSpec } from '../../contracts/fault.ts';
import type { RequestHead } from '../http1/head.ts';

/** Values that are remembered; the one that was seen first is forgotten then. */
const MAX_KEYS = 10_000;

export class FirstRequests {
  readonly #requests: number;
  readonly #per: string | undefined;
  readonly #seen = new Map<string, number>();

  constructor({ requests, per }: NonNullable<FaultSpec['first']>) {
    this.#requests = requests;
    this.#per = per;
  }

  /** Counts this request. @returns true when it is not among the first */
  isOver(head: RequestHead): boolean {
    const key = this.#per === undefined ? '' : (head.get(this.#per) ?? '');
    const seen = this.#seen.get(key) ?? 0;
    if (seen >= this.#requests) return true;
    if (seen === 0 && this.#seen.size >= MAX_KEYS) {
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest);
        break;
      }
    }
    this.#seen.set(key, seen + 1);
    return false;
  }
}
