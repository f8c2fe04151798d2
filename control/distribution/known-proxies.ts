/** What is remembered of each proxy beyond one connection, by its id. Of those that are gone, the latest are kept. */
import type { ProxySession } from './proxy-session.ts';

const REMEMBERED_GONE = 200;

export type KnownProxy = {
  /** What it acknowledged to this process: a number that it brings along says nothing when our data was reset. */
  ackedVersion?: number;
  /** Its last report: one whose receipt was lost on the way is sent again. */
  lastReportId?: string;
};

export class KnownProxies {
  readonly #known = new Map<string, KnownProxy>();
  /** The last session of each proxy that is not connected, the longest gone first. */
  readonly #gone = new Map<string, ProxySession>();

  arrived(id: string): KnownProxy {
    this.#gone.delete(id);
    let known = this.#known.get(id);
    if (!known) this.#known.set(id, (known = {}));
    return known;
  }

  left(session: ProxySession): void {
    this.#gone.delete(session.node.id);
    this.#gone.set(session.node.id, session);
    const longest = this.#gone.keys().next().value;
    if (this.#gone.size <= REMEMBERED_GONE || longest === undefined) return;
    this.#gone.delete(longest);
    this.#known.delete(longest);
  }

  gone(): Iterable<ProxySession> {
    return this.#gone.values();
  }
}
