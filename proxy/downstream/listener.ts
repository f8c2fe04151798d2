/** An address that takes client connections: a gateway, or the outbound side of a sidecar. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { MeshproofError } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { ActiveFault } from '../faults/active-fault.ts';
import type { RequestHead } from '../http1/head.ts';
import { acceptHttp2 } from '../http2/server-session.ts';
import type { ServicePlan } from '../plan/plan.ts';
import type { Runtime } from '../runtime.ts';
import type { Limit } from '../shared/sharing.ts';
import { resettable, TlsAcceptor } from '../tls/acceptor.ts';
import type { ServerTls } from '../tls/acceptor.ts';
import { BYTES } from '../tls/dialer.ts';
import { sniffTls } from '../tls/sniff.ts';
import { TcpConnection } from '../tcp/tcp-connection.ts';
import type { TcpHost } from '../tcp/tcp-connection.ts';
import { Downstream } from './connection.ts';
import type { ClientConnection, ClientSocket, DownstreamHost } from './host.ts';
import { IdentifiedHost } from './identified-host.ts';
import { openTunnel } from './open-tunnel.ts';
import { readInto } from './read-into.ts';

export class Listener implements DownstreamHost {
  /** `gateway edge`, or `outbound`; another configuration may give the address to another gateway. */
  name: string;
  readonly #runtime: Runtime;
  readonly #connections = new Set<ClientConnection>();
  readonly #limit: Limit;
  /** What was accepted and has not closed; handshakes under way are among them. */
  readonly #sockets = new Set<Socket>();
  #tls: TlsAcceptor | undefined;
  #secured: ServerTls | undefined;
  readonly #server: Server;
  /** Replaced with each configuration. */
  resolve: (head: RequestHead) => ServicePlan | undefined = () => undefined;
  /** Where connections are passed on as bytes; replaced with each configuration. */
  tcp: TcpHost['serviceOf'] | undefined;
  readsSni = false;
  /** Replaced with each configuration. */
  clientIdleMs: number | undefined;
  unknownHost: ErrorCode = 'ROUTE_NOT_FOUND';
  /** CONNECT is ended here (HTTP proxy); replaced with each configuration. */
  takeTunnel: DownstreamHost['takeTunnel'];
  /** It leads to the application beside us. */
  isInbound = false;
  /** For what other proxies of the mesh pass on as bytes; replaced with each configuration. */
  wayInForBytes: { readonly plan: ServicePlan; readonly allows: (peer: string | undefined) => boolean } | undefined;
  /** Replaced with each configuration. */
  handshakeFaults: readonly ActiveFault[] = [];
  accepted = 0;
  retired = false;

  /** @param key - by which all workers know it */
  constructor(runtime: Runtime, name: string, key: string) {
    this.#runtime = runtime;
    this.name = name;
    this.#limit = runtime.sharing.limit({
      key: `clients\n${key}`,
      limit: runtime.limits.maxConnections,
      own: () => this.#sockets.size,
    });
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  get connections(): number {
    return this.#sockets.size;
  }

  /** Of the connections that it may have; 1: it takes no more. */
  get fill(): number {
    return this.#limit.allowed === 0 ? 1 : this.#sockets.size / this.#limit.allowed;
  }

  /** `host:port` as bound (the port is the real one when 0 was asked for). */
  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') return '';
    return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
  }

  /** @throws MeshproofError ADDRESS_IN_USE, or CONFIG_REFUSED when the address cannot be bound for another reason */
  open(host: string, port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => reject(bindError(error, `${host}:${port} (${this.name})`));
      this.#server.once('error', refuse);
      this.#server.listen({ host, port, backlog: 1_024 }, () => {
        this.#server.off('error', refuse);
        // From here on an error is a connection that could not be accepted (no file handle left): shed, not fatal.
        this.#server.on('error', () => this.#shed());
        resolve();
      });
    });
  }

  /** How new connections are secured; undefined: they are not. */
  secure(tls: ServerTls | undefined): void {
    if (!tls) this.#tls = undefined;
    else {
      this.#tls ??= new TlsAcceptor(
        (socket) => this.#shaken(socket),
        () => this.#count('TLS_HANDSHAKE_REFUSED'),
      );
      this.#tls.use(tls);
    }
    this.#secured = tls;
  }

  #shaken(socket: TLSSocket): void {
    const { peerOf, forwarded } = this.#secured ?? {};
    const name = peerOf?.(socket);
    if (peerOf && name === undefined) {
      socket.destroy();
      this.#count('TLS_HANDSHAKE_REFUSED');
      return;
    }
    const host = name === undefined ? this : new IdentifiedHost(this, { name, forwarded: forwarded?.(name) ?? '' });
    if (socket.alpnProtocol === BYTES) this.#takeBytes(socket, name);
    else if (socket.alpnProtocol === 'h2') this.#connections.add(acceptHttp2(this.#runtime, host, socket));
    else this.#serve(resettable(socket), host);
  }

  #takeBytes(socket: TLSSocket, peer: string | undefined): void {
    const { wayInForBytes } = this;
    if (wayInForBytes?.allows(peer) === true) this.#passOn(socket, () => wayInForBytes.plan, false);
    else {
      socket.destroy();
      this.#count('ACCESS_DENIED');
    }
  }

  #passOn(socket: Socket, serviceOf: TcpHost['serviceOf'], readsSni: boolean): void {
    const closed = (connection: ClientConnection): void => this.closed(connection);
    const connection = new TcpConnection(this.#runtime, { closed, retired: this.retired, serviceOf, readsSni }, socket);
    // One that was refused at once has gone already.
    if (!socket.destroyed) this.#connections.add(connection);
  }

  closed(connection: ClientConnection): void {
    this.#connections.delete(connection);
  }

  speakHttp2(connection: ClientConnection, socket: Duplex): void {
    this.#connections.delete(connection);
    this.#connections.add(acceptHttp2(this.#runtime, this, socket));
  }

  /** Whether CONNECT to a service is ended here, and its bytes go to an endpoint. */
  endTunnels(ends: boolean): void {
    this.takeTunnel = ends
      ? (connection, socket, service) => {
          this.#connections.delete(connection);
          const tunnel = openTunnel(this.#runtime, this, socket, service);
          if (tunnel && !socket.destroyed) this.#connections.add(tunnel);
        }
      : undefined;
  }

  sweep(nowMs: number): void {
    for (const connection of this.#connections) connection.sweep(nowMs);
  }

  /** Takes no more connections; those that are open end after their answer. */
  retire(): void {
    this.retired = true;
    this.#server.close();
    this.sweep(this.#runtime.clock.nowMs());
  }

  destroyConnections(): void {
    for (const connection of [...this.#connections]) connection.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(socket: Socket): void {
    this.accepted++;
    const { overload, turns } = this.#runtime;
    turns.arrived();
    if (this.#sockets.size >= this.#limit.allowed || overload.full) {
      this.#shed();
      socket.destroy();
      return;
    }
    const { tcp: serviceOf, readsSni } = this;
    if (serviceOf) this.#passOn(this.#held(socket), serviceOf, readsSni);
    else if (this.#tls) this.#greet(this.#tls, this.#held(socket));
    else {
      let connection: Downstream | undefined = undefined;
      const own = readInto(socket, (bytes) => connection?.onRead(bytes) ?? true);
      connection = this.#serve(this.#held(own ?? socket));
    }
  }

  /** Counted until it closes. */
  #held(socket: Socket): Socket {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    return socket;
  }

  #greet(tls: TlsAcceptor, socket: Socket): void {
    if (this.#secured?.acceptsPlain !== true) this.#shake(tls, socket);
    else
      sniffTls(socket, this.#runtime.limits.clientIdleMs, (isTls) =>
        isTls ? this.#shake(tls, socket) : this.#serve(socket),
      );
  }

  #shake(acceptor: TlsAcceptor, socket: Socket): void {
    for (const fault of this.handshakeFaults) {
      const [act] = fault.plannedTls;
      if (!act || fault.drawConnection(fault.spec.version ?? '', socket) < 0) continue;
      if (fault.caps.length > 0) socket.once('close', () => fault.leave(socket));
      act.meet(socket, { acceptor, acts: () => fault.count(act.type) });
      return;
    }
    acceptor.accept(socket);
  }

  #serve(socket: ClientSocket, host: DownstreamHost = this): Downstream {
    const connection = new Downstream(this.#runtime, host, socket);
    if (!socket.destroyed) this.#connections.add(connection);
    return connection;
  }

  #shed(): void {
    this.#count('OVERLOADED');
  }

  #count(code: ErrorCode): void {
    const { errors } = this.#runtime;
    errors.set(code, (errors.get(code) ?? 0) + 1);
  }
}

function bindError(error: NodeJS.ErrnoException, where: string): MeshproofError {
  return error.code === 'EADDRINUSE'
    ? new MeshproofError(
        'ADDRESS_IN_USE',
        `${where}: another program listens there; choose another address or stop it`,
        { cause: error },
      )
    : new MeshproofError('CONFIG_REFUSED', `${where}: cannot listen: ${error.code ?? error.message}`, { cause: error });
}
