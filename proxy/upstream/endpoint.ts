/** One address that serves a version, with its idle connections: last in, first out, so that few stay warm and the rest age out. */
import type { Runtime } from '../runtime.ts';
import { UpstreamConnection } from './connection.ts';
import type { UpstreamUser } from './connection.ts';

export class Endpoint {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  readonly #idleMs: number;
  readonly #runtime: Runtime;
  readonly #idle: UpstreamConnection[] = [];
  readonly #open = new Set<UpstreamConnection>();
  opened = 0;
  retired = false;

  /** @param connectTimeoutMs, idleMs - where they are not those of the runtime */
  constructor(
    runtime: Runtime,
    address: string,
    host: string,
    port: number,
    connectTimeoutMs?: number,
    idleMs?: number,
  ) {
    this.connectTimeoutMs = connectTimeoutMs ?? runtime.limits.connectTimeoutMs;
    this.#idleMs = idleMs ?? runtime.limits.upstreamIdleMs;
    this.#runtime = runtime;
    this.address = address;
    this.host = host;
    this.port = port;
  }

  get connections(): number {
    return this.#open.size;
  }

  /**
   * Sends the user's request over an idle connection, or a new one.
   * @param fresh - true: do not reuse (the last reused one turned out to be closed)
   */
  send(user: UpstreamUser, fresh: boolean): UpstreamConnection {
    const idle = fresh ? undefined : this.#idle.pop();
    if (idle !== undefined) {
      idle.begin(user);
      return idle;
    }
    this.opened++;
    const connection = new UpstreamConnection(this.#runtime, this);
    this.#open.add(connection);
    connection.connect(user);
    return connection;
  }

  /** Takes a connection back whose response is complete. */
  release(connection: UpstreamConnection): void {
    if (this.retired || this.#idle.length >= this.#runtime.limits.maxIdlePerEndpoint) connection.destroy();
    else {
      connection.idleSinceMs = this.#runtime.clock.nowMs();
      this.#idle.push(connection);
    }
  }

  /** Called by a connection that has closed. */
  forget(connection: UpstreamConnection): void {
    this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
  }

  /** Closes what has been idle for too long; called once a second. */
  sweep(nowMs: number): void {
    while (this.#idle[0] !== undefined && nowMs - this.#idle[0].idleSinceMs > this.#idleMs) {
      this.#idle[0].destroy();
    }
    for (const connection of this.#open) connection.checkStall(nowMs);
  }

  /** The endpoint left the configuration: idle connections close now, busy ones after their response. */
  retire(): void {
    this.retired = true;
    for (const connection of [...this.#idle]) connection.destroy();
  }

  /** The endpoint is back in the configuration. */
  revive(): void {
    this.retired = false;
  }

  destroyAll(): void {
    this.retired = true;
    for (const connection of [...this.#open]) connection.destroy();
  }
}
