/** A client connection that speaks HTTP/2: each of its streams is a client of the stack, within limits. */
import { constants, performServerHandshake } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { Duplex } from 'node:stream';
import { ERROR_HEADER } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import { Downstream } from '../downstream/connection.ts';
import type { ClientConnection, DownstreamHost, Peer } from '../downstream/host.ts';
import type { RequestHead } from '../http1/head.ts';
import type { ServicePlan } from '../plan/plan.ts';
import type { Runtime } from '../runtime.ts';
import { FloodGuard } from './flood-guard.ts';
import { framingOf, requestText } from './message-text.ts';
import { ServerStreamSocket } from './server-stream.ts';

/** Streams at once; Envoy's recommendation for an edge. */
const MAX_STREAMS = 100;
/** What may be unread on one connection; larger than one stream's, so that a slow stream does not stop the others. */
const CONNECTION_WINDOW_BYTES = 2 * 1024 * 1024;
/** A connection that was told to go is given this long. */
const GOODBYE_MS = 10_000;

const SESSION_OPTIONS = {
  settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: 64 * 1024, enablePush: false },
  maxHeaderListPairs: 256,
  maxSettings: 32,
  maxOutstandingPings: 4,
  maxSessionMemory: 16,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
};

/**
 * Takes over a client's socket: by ALPN, or because its first bytes were HTTP/2's preface. What was read of it already
 * must have been put back (socket.unshift), and nobody else may listen for its data.
 */
export function acceptHttp2(runtime: Runtime, host: DownstreamHost, socket: Duplex): ClientConnection {
  return new ServerSession(runtime, host, socket);
}

class ServerSession implements ClientConnection, DownstreamHost {
  readonly #runtime: Runtime;
  readonly #host: DownstreamHost;
  readonly #session: ServerHttp2Session;
  readonly #streams = new Set<ClientConnection>();
  readonly #flood: FloodGuard;
  #quietSinceMs: number;
  #closingSinceMs = 0;
  readonly isStream = true;

  constructor(runtime: Runtime, host: DownstreamHost, socket: Duplex) {
    this.#runtime = runtime;
    this.#host = host;
    this.#quietSinceMs = runtime.clock.nowMs();
    this.#flood = new FloodGuard(this.#quietSinceMs);
    const session = performServerHandshake(socket, SESSION_OPTIONS);
    this.#session = session;
    session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
    session.on('stream', (stream, headers) => this.#onStream(stream, headers));
    session.on('ping', () => this.#spend());
    session.on('remoteSettings', () => this.#spend());
    session.on('error', () => session.destroy());
    // Our sockets stay half open for HTTP/1.1. Here a client that has closed its side has gone: it can no longer answer a PING.
    socket.once('end', () => session.destroy());
    session.on('close', () => {
      for (const stream of [...this.#streams]) stream.destroy();
      this.#host.closed(this);
    });
  }

  get peer(): Peer | undefined {
    return this.#host.peer;
  }

  get isInbound(): boolean {
    return this.#host.isInbound === true;
  }

  get retired(): boolean {
    return this.#host.retired;
  }

  get unknownHost(): ErrorCode {
    return this.#host.unknownHost;
  }

  resolve(head: RequestHead): ServicePlan | undefined {
    return this.#host.resolve(head);
  }

  closed(stream: ClientConnection): void {
    this.#streams.delete(stream);
    this.#quietSinceMs = this.#runtime.clock.nowMs();
  }

  sweep(nowMs: number): void {
    for (const stream of this.#streams) stream.sweep(nowMs);
    if (this.#closingSinceMs > 0) {
      if (this.#streams.size === 0 && nowMs - this.#closingSinceMs > GOODBYE_MS) this.destroy();
      return;
    }
    const { draining, limits, overload } = this.#runtime;
    const limitMs = overload.strained ? limits.drainIdleMs : (this.#host.clientIdleMs ?? limits.clientIdleMs);
    const idle = this.#streams.size === 0 && (overload.full || nowMs - this.#quietSinceMs > limitMs);
    if (idle || draining || this.#host.retired) this.#sayGoodbye(nowMs);
  }

  /** GOAWAY: what is under way is answered, and the client opens another connection for the rest. */
  #sayGoodbye(nowMs: number): void {
    this.#closingSinceMs = nowMs;
    this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const method = headers[':method'] ?? '';
    if (method === 'CONNECT') {
      this.#count('TUNNEL_UNSUPPORTED');
      stream.on('error', () => stream.destroy());
      stream.respond({ ':status': 501, [ERROR_HEADER]: 'TUNNEL_UNSUPPORTED' }, { endStream: true });
      return;
    }
    const ends = stream.endAfterHeaders;
    const framing = ends ? 'none' : framingOf(headers, true);
    const text = requestText(headers, framing);
    if (text === undefined) {
      stream.on('error', () => stream.destroy());
      stream.close(constants.NGHTTP2_PROTOCOL_ERROR);
      this.#spend();
      return;
    }
    const socket = new ServerStreamSocket(stream, method, framing, text);
    stream.on('close', () => {
      if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && !socket.brokenOff) this.#spend();
    });
    this.#streams.add(new Downstream(this.#runtime, this, socket));
    const { overload, clock } = this.#runtime;
    if (overload.strained && this.#closingSinceMs === 0) this.#sayGoodbye(clock.nowMs());
  }

  #count(code: ErrorCode): void {
    const { errors } = this.#runtime;
    errors.set(code, (errors.get(code) ?? 0) + 1);
  }

  #spend(): void {
    if (this.#session.destroyed || this.#flood.take(this.#runtime.clock.nowMs())) return;
    this.#count('HTTP2_FLOOD');
    this.#session.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }
}
