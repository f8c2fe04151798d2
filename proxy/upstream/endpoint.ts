/** One address that serves a version, with its idle connections: last in, first out, so that few stay warm and the rest age out. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Protocol } from '../../contracts/service.ts';
import type { Target } from '../health/probe.ts';
import { ClientSessions } from '../http2/client-sessions.ts';
import type { Wrap } from '../faults/tcp/wires.ts';
import type { Runtime } from '../runtime.ts';
import { BYTES, TlsDialer } from '../tls/dialer.ts';
import type { UpstreamSecurity } from '../tls/dialer.ts';
import type { TlsFailure } from '../tls/failure.ts';
import { UpstreamConnection } from './connection.ts';
import type { UpstreamUser } from './connection.ts';

/** A connection that many requests share says when it goes, so it may stay for longer than one of HTTP/1.1. */
const SHARED_IDLE_MS = 60_000;

export class Endpoint {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly connectTimeoutMs: number;
  readonly #idleMs: number;
  readonly #runtime: Runtime;
  readonly #idle: UpstreamConnection[] = [];
  readonly #open = new Set<UpstreamConnection>();
  readonly #sessions: ClientSessions | undefined;
  readonly #wrap: Wrap | undefined;
  readonly #tls: TlsDialer | undefined;
  readonly protocol: Protocol;
  /** Where it speaks TLS: a socket that is none of the pool's, for checks. */
  readonly dial: Target['dial'];
  /** Where a sidecar stands before it: a connection for bytes, ready at `secureConnect`. */
  readonly dialBytes: (() => Duplex) | undefined;
  /** Why its last handshake failed. */
  readonly bytesFailure: () => TlsFailure | undefined;
  /** Who wants to know that a connection was released or closed. */
  #freed: (() => void)[] | undefined;
  opened = 0;
  retired = false;

  /**
   * @param connectTimeoutMs, idleMs - where they are not those of the runtime
   * @param wrap - what each new connection goes through: faults on connections
   * @param security - where the endpoint speaks TLS
   */
  constructor(
    runtime: Runtime,
    address: string,
    host: string,
    port: number,
    connectTimeoutMs?: number,
    idleMs?: number,
    protocol: Protocol = 'http1',
    wrap?: Wrap,
    security?: UpstreamSecurity,
  ) {
    this.#wrap = wrap;
    this.#tls = security && new TlsDialer(security, host, port, wrap);
    // Checks go past the faults on connections.
    const forChecks = security && new TlsDialer(security, host, port, undefined);
    this.dial = forChecks && ((wanted = protocol === 'http1' ? 'http/1.1' : 'h2') => forChecks.open(wanted));
    this.dialBytes = security?.carriesBytes && forChecks && (() => forChecks.open(BYTES));
    this.bytesFailure = () => forChecks?.failure;
    this.connectTimeoutMs = connectTimeoutMs ?? runtime.limits.connectTimeoutMs;
    this.#idleMs = idleMs ?? runtime.limits.upstreamIdleMs;
    this.#runtime = runtime;
    this.address = address;
    this.host = host;
    this.port = port;
    this.protocol = protocol;
    const scheme = security ? 'https' : 'http';
    const isCalls = protocol === 'grpc';
    if (protocol !== 'http1')
      this.#sessions = new ClientSessions(`${scheme}://${address}`, isCalls, () => this.#openForHttp2());
  }

  /** What a socket of openSocket emits when a request may be written. */
  get readyEvent(): 'connect' | 'secureConnect' {
    return this.#tls && !this.#sessions ? 'secureConnect' : 'connect';
  }

  /** Why the last handshake failed; undefined: it did not, or there was none. */
  get tlsFailure(): TlsFailure | undefined {
    return this.#tls?.failure;
  }

  #openForHttp2(): Duplex {
    this.opened++;
    if (this.#tls) return this.#tls.open('h2');
    const socket = connect({ host: this.host, port: this.port, noDelay: true });
    return this.#wrap ? this.#wrap(socket) : socket;
  }

  /**
   * A new way to the endpoint: a socket, or a stream of a connection that others use too. It emits `readyEvent`.
   * @param onRead - called with the bytes of each read in `buffer`, which it must have used up when it returns
   */
  openSocket(buffer: Buffer, onRead: (size: number) => void, fresh: boolean): Duplex {
    if (this.#sessions) {
      return readInto(this.#sessions.stream(this.#runtime.clock.nowMs(), fresh), buffer, onRead);
    }
    this.opened++;
    const { host, port } = this;
    if (this.#wrap && this.#tls) return readInto(this.#tls.open('http/1.1'), buffer, onRead);
    if (this.#wrap)
      return readInto(this.#wrap(connect({ host, port, noDelay: true, allowHalfOpen: true })), buffer, onRead);
    const callback = (size: number): boolean => {
      onRead(size);
      return true;
    };
    const onread = { buffer, callback };
    if (this.#tls) return this.#tls.open('http/1.1', onread);
    return connect({ host, port, noDelay: true, allowHalfOpen: true, onread });
  }

  get connections(): number {
    return this.#sessions ? this.#sessions.size : this.#open.size;
  }

  /** Unused connections. */
  get idle(): number {
    return this.#idle.length;
  }

  /** Closes the connection that has been unused for longest. */
  closeIdle(): void {
    this.#idle[0]?.destroy();
  }

  onFreed(listener: () => void): void {
    if (this.#freed?.includes(listener) !== true) this.#freed = [...(this.#freed ?? []), listener];
  }

  offFreed(listener: () => void): void {
    const others = this.#freed?.filter((l) => l !== listener) ?? [];
    this.#freed = others.length === 0 ? undefined : others;
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
    const connection = new UpstreamConnection(this.#runtime, this);
    this.#open.add(connection);
    connection.connect(user, fresh);
    return connection;
  }

  /** Takes a connection back whose response is complete. */
  release(connection: UpstreamConnection): void {
    if (this.retired || this.#idle.length >= this.#runtime.limits.maxIdlePerEndpoint) connection.destroy();
    else {
      connection.idleSinceMs = this.#runtime.clock.nowMs();
      this.#idle.push(connection);
      if (this.#freed !== undefined) for (const listener of this.#freed) listener();
    }
  }

  /** Called by a connection that has closed. */
  forget(connection: UpstreamConnection): void {
    const wasOpen = this.#open.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (wasOpen && this.#freed !== undefined) for (const listener of this.#freed) listener();
  }

  /** Closes what has been idle for too long, and all that is idle where the proxy is short of room; called once a second. */
  sweep(nowMs: number): void {
    const idleMs = this.#runtime.overload.strained ? 0 : this.#idleMs;
    while (this.#idle[0] !== undefined && nowMs - this.#idle[0].idleSinceMs > idleMs) {
      this.#idle[0].destroy();
    }
    for (const connection of this.#open) connection.checkStall(nowMs);
    this.#sessions?.sweep(nowMs, SHARED_IDLE_MS);
  }

  /** The endpoint left the configuration: idle connections close now, busy ones after their response. */
  retire(): void {
    this.retired = true;
    for (const connection of [...this.#idle]) connection.destroy();
    this.#sessions?.retire();
  }

  /** The endpoint is back in the configuration. */
  revive(): void {
    this.retired = false;
  }

  destroyAll(): void {
    this.retired = true;
    for (const connection of [...this.#open]) connection.destroy();
    this.#sessions?.destroy();
  }
}

function readInto(stream: Duplex, buffer: Buffer, onRead: (size: number) => void): Duplex {
  return stream.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += buffer.length) onRead(bytes.copy(buffer, 0, at));
  });
}
