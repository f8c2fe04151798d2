/**
 * Bounds the open connections of one version. A request that finds none free waits in a bounded queue, first come first
 * served, until a connection is released or closed.
 */
import type { CircuitBreaker } from '../../contracts/circuit-breaker.ts';
import type { PoolMember } from '../balancing/pool.ts';
import type { Exchange } from '../exchange.ts';
import type { Endpoint } from '../upstream/endpoint.ts';

export type GateOptions = {
  readonly breaker: CircuitBreaker;
  readonly members: () => readonly PoolMember[];
  readonly isAvailable: (member: PoolMember) => boolean;
  /** Whether a request may be given to another endpoint than its own: not where its key chose it. */
  readonly mayMove: () => boolean;
};

export const GO = 0;
export const WAIT = 1;
export const OVERFLOW = 2;

export class ConnectionGate {
  readonly #options: GateOptions;
  /** In the order in which they came. */
  readonly #waiting = new Set<Exchange>();
  #serving = false;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @returns WAIT: the gate will dispatch it, unless it leaves before */
  enter(exchange: Exchange): typeof GO | typeof WAIT | typeof OVERFLOW {
    if (this.#makeRoom(exchange)) return GO;
    if (this.#waiting.size >= this.#options.breaker.maxPending) return OVERFLOW;
    this.#waiting.add(exchange);
    return WAIT;
  }

  /** @returns true when it was waiting: then its endpoint has never seen it */
  leave(exchange: Exchange): boolean {
    return this.#waiting.size > 0 && this.#waiting.delete(exchange);
  }

  /** A connection of a member was released or closed. */
  readonly onFreed = (): void => {
    // Making room closes connections, which comes back here.
    if (this.#serving) return;
    this.#serving = true;
    for (const exchange of this.#waiting) {
      if (!this.#makeRoom(exchange)) break;
      this.#waiting.delete(exchange);
      if (exchange.endpoint) exchange.dispatch(exchange.endpoint);
    }
    this.#serving = false;
  };

  /** Finds the exchange a connection that is free, or room for one more; it may move to another endpoint for that. */
  #makeRoom(exchange: Exchange): boolean {
    const own = exchange.endpoint;
    if (own === undefined || this.hasRoom(own)) return true;
    const members = this.#options.members();
    const other = members.find((m) => m.endpoint.idle > 0);
    if (other === undefined) return false;
    if (this.#mayMove(exchange, other)) move(exchange, other);
    else other.endpoint.closeIdle();
    return true;
  }

  /** A connection to this endpoint is free, or one more may be opened. */
  hasRoom(endpoint: Endpoint): boolean {
    if (endpoint.protocol !== 'http1' || endpoint.idle > 0) return true;
    let open = 0;
    for (const member of this.#options.members()) open += member.endpoint.connections;
    return open < this.#options.breaker.maxConnections;
  }

  /** A retry stays where it is: it was sent away from the endpoint that failed. */
  #mayMove(exchange: Exchange, to: PoolMember): boolean {
    return exchange.attempts === 1 && this.#options.mayMove() && this.#options.isAvailable(to);
  }

  watch(members: readonly PoolMember[]): void {
    for (const { endpoint } of members) endpoint.onFreed(this.onFreed);
    this.onFreed();
  }

  unwatch(members: readonly PoolMember[]): void {
    for (const { endpoint } of members) endpoint.offFreed(this.onFreed);
  }

  /** No limit any more, or another gate in its place: everyone who waits goes. */
  open(): void {
    for (const exchange of [...this.#waiting]) {
      this.#waiting.delete(exchange);
      if (exchange.endpoint) exchange.dispatch(exchange.endpoint);
    }
  }
}

function move(exchange: Exchange, to: PoolMember): void {
  const { member } = exchange;
  if (member === undefined) return;
  member.pool.end(member);
  to.pool.begin(to);
  exchange.member = to;
  exchange.endpoint = to.endpoint;
}
