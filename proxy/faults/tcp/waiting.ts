/** What waits in a stage, in order; an end waits behind the bytes that came before it. */
import type { Finish, Outlet } from './stage.ts';

type Item<T> = { readonly what: Buffer | Finish; readonly note: T };

export class Waiting<T> {
  #items: Item<T>[] = [];
  #first = 0;

  get head(): Item<T> | undefined {
    return this.#items[this.#first];
  }

  add(what: Buffer | Finish, note: T): void {
    this.#items.push({ what, note });
  }

  /** The first goes on. */
  pass(next: Outlet): void {
    const item = this.#items[this.#first++];
    if (this.#first > 64 && this.#first * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#first);
      this.#first = 0;
    }
    if (item) give(item.what, next);
  }

  passAll(next: Outlet): void {
    while (this.head) this.pass(next);
  }

  clear(): void {
    this.#items = [];
    this.#first = 0;
  }
}

export function give(what: Buffer | Finish, next: Outlet): void {
  if (typeof what === 'string') next.finish(what);
  else next.bytes(what);
}
