/**
 * The open addresses of a data plane. A new configuration opens what is new, takes over what stays, and retires the rest;
 * a retired listener is kept in sight until its last connection has ended.
 */
import { parseAddress } from '../../contracts/units.ts';
import type { Runtime } from '../runtime.ts';
import { Listener } from './listener.ts';

/** What is to be open: an address, and what stands there. */
export type Wanted = { readonly name: string; readonly listen: string };

export class ListenerSet {
  readonly #runtime: Runtime;
  #open = new Map<string, Listener>();
  readonly #retired = new Set<Listener>();
  #acceptedBefore = 0;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  get open(): readonly Listener[] {
    return [...this.#open.values()];
  }

  get connections(): number {
    return this.#all().reduce((sum, listener) => sum + listener.connections, 0);
  }

  get accepted(): number {
    return this.#all().reduce((sum, listener) => sum + listener.accepted, this.#acceptedBefore);
  }

  /**
   * Opens what is not open yet. All or nothing: when one fails, those opened before it are closed again.
   * @returns the listeners of the new configuration; nothing changes until they are given to `commit`
   * @throws MeshproofError ADDRESS_IN_USE, CONFIG_REFUSED
   */
  async prepare(wanted: readonly Wanted[]): Promise<ReadonlyMap<string, Listener>> {
    const next = new Map<string, Listener>();
    const opened: Listener[] = [];
    for (const { name, listen } of wanted) {
      const key = keyOf(name, listen);
      const listener = this.#open.get(key) ?? new Listener(this.#runtime, name, key);
      next.set(key, listener);
      if (this.#open.has(key)) continue;
      const { host, port } = parseAddress(listen) ?? { host: '127.0.0.1', port: 0 };
      try {
        await listener.open(host, port);
      } catch (error) {
        for (const other of opened) other.retire();
        throw error;
      }
      opened.push(listener);
    }
    return next;
  }

  /** Puts the prepared listeners in force and retires those that are not among them. */
  commit(next: ReadonlyMap<string, Listener>, wanted: readonly Wanted[]): void {
    for (const [key, listener] of this.#open) {
      if (next.has(key)) continue;
      listener.retire();
      this.#retired.add(listener);
    }
    this.#open = new Map(next);
    for (const { name, listen } of wanted) {
      const listener = next.get(keyOf(name, listen));
      if (listener) listener.name = name;
    }
  }

  sweep(nowMs: number): void {
    this.#runtime.overload.look(Math.max(0, ...this.open.map((listener) => listener.fill)));
    for (const listener of this.#all()) listener.sweep(nowMs);
    for (const listener of this.#retired) {
      if (listener.connections > 0) continue;
      this.#acceptedBefore += listener.accepted;
      this.#retired.delete(listener);
    }
  }

  stopAccepting(): void {
    for (const listener of this.#open.values()) listener.retire();
  }

  destroyConnections(): void {
    for (const listener of this.#all()) listener.destroyConnections();
  }

  #all(): Listener[] {
    return [...this.#open.values(), ...this.#retired];
  }
}

/** By address, so that a gateway can be renamed in place; but each port 0 is a port of its own. */
function keyOf(name: string, listen: string): string {
  return listen.endsWith(':0') ? `${name} ${listen}` : listen;
}
