/**
 * Bounds the open connections of one version. A request that finds none free waits in a bounded queue, first come first
 * served, until a connection is released or closed.
 */
import type { CircuitBreaker } from '../../contracts/circuit-breaker.ts';
import type { PoolMember } from '../balancing/pool.ts';
import type { Exchange } from '../exchange.ts';
import { fairPart } from '../shared/allowance.ts';
import type { Limit, Sharing } from '../shared/sharing.ts';
import type { Endpoint } from '../upstream/endpoint.ts';

export type GateOptions = {
  readonly breaker: CircuitBreaker;
  /** By which all workers know the version. */
  readonly whose: string;
  readonly sharing: Sharing;
  readonly members: () => readonly PoolMember[];
  /** Connections that are passed on as bytes: these cannot be shared, and do not wait. */
  readonly bytesOpen: () => number;
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
  readonly #connections: Limit;
  readonly #pending: Limit;
  /** Connections that are to be closed, because other workers wait for them. */
  #owed = 0;

  constructor(options: GateOptions) {
    this.#options = options;
    const { breaker, whose, sharing } = options;
    this.#connections = sharing.limit({
      key: `connections\n${whose}`,
      limit: breaker.maxConnections,
      own: () => this.#open(),
      onChange: (elsewhere, processes) => this.#shrink(elsewhere, processes),
    });
    this.#pending = sharing.limit({
      key: `pending\n${whose}`,
      limit: breaker.maxPending,
      own: () => this.#waiting.size,
      onChange: (elsewhere, processes) => this.#yieldTo(elsewhere, processes),
    });
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @returns WAIT: the gate will dispatch it, unless it leaves before */
  enter(exchange: Exchange): typeof GO | typeof WAIT | typeof OVERFLOW {
    if (this.#makeRoom(exchange)) return GO;
    if (this.#waiting.size >= this.#pending.allowed) return OVERFLOW;
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
    this.#payBack();
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
    return this.#open() < this.#connections.allowed;
  }

  hasRoomForBytes(): boolean {
    return this.#open() < this.#connections.allowed;
  }

  #open(): number {
    let open = this.#options.bytesOpen();
    for (const member of this.#options.members()) open += member.endpoint.connections;
    return open;
  }

  /** Together we have more than we should, because two opened at the same moment: each gives up its part. */
  #shrink(elsewhere: number, processes: number): void {
    const over = this.#open() + elsewhere - this.#options.breaker.maxConnections;
    this.#owed = Math.ceil(Math.max(0, over) / processes);
    this.onFreed();
  }

  /** Requests of other workers wait for connections that this one holds: it keeps its fair part, or what it needs of it. */
  #yieldTo(waitingElsewhere: number, processes: number): void {
    const own = this.#open();
    const kept = this.#waiting.size === 0 ? 0 : fairPart(this.#options.breaker.maxConnections, processes);
    this.#owed = own < this.#connections.allowed ? 0 : Math.min(waitingElsewhere, Math.max(0, own - kept));
    this.onFreed();
    if (this.#waiting.size === 0) this.#owed = 0;
  }

  /** What is closed for others is theirs to open. */
  #payBack(): void {
    for (; this.#owed > 0; this.#owed--) {
      const holder = this.#options.members().find((m) => m.endpoint.idle > 0);
      if (holder === undefined) return;
      holder.endpoint.closeIdle();
      this.#connections.allowed--;
    }
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
    const { whose, sharing } = this.#options;
    sharing.drop(`connections\n${whose}`);
    sharing.drop(`pending\n${whose}`);
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
