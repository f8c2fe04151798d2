/** What one connection needs from its listener, where the client has proven who it is. */
import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { RequestHead } from '../http1/head.ts';
import type { ServicePlan } from '../plan/plan.ts';
import type { ClientConnection, DownstreamHost, Peer } from './host.ts';

export class IdentifiedHost implements DownstreamHost {
  readonly #listener: DownstreamHost;
  readonly peer: Peer;

  constructor(listener: DownstreamHost, peer: Peer) {
    this.#listener = listener;
    this.peer = peer;
  }

  get retired(): boolean {
    return this.#listener.retired;
  }

  get clientIdleMs(): number | undefined {
    return this.#listener.clientIdleMs;
  }

  get unknownHost(): ErrorCode {
    return this.#listener.unknownHost;
  }

  get takeTunnel(): DownstreamHost['takeTunnel'] {
    return this.#listener.takeTunnel;
  }

  get isInbound(): boolean {
    return this.#listener.isInbound === true;
  }

  resolve(head: RequestHead): ServicePlan | undefined {
    return this.#listener.resolve(head);
  }

  closed(connection: ClientConnection): void {
    this.#listener.closed(connection);
  }

  speakHttp2(connection: ClientConnection, socket: Duplex): void {
    this.#listener.speakHttp2?.(connection, socket);
  }
}
