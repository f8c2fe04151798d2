/**
 * One connection to an endpoint. It reads responses with our codec, hands them to the exchange that uses it, and goes
 * back to its endpoint's pool when a response has ended cleanly. One exchange at a time: no pipelining upstream.
 */
import type { Duplex } from 'node:stream';
import { ChunkedDecoder } from '../http1/chunked.ts';
import { COMPLETE, INVALID, ResponseHead } from '../http1/head.ts';
import { isBodiless, parseResponseHead } from '../http1/parse-response.ts';
import type { Messages } from '../grpc/message-counter.ts';
import { ClientStreamSocket, Unprocessed } from '../http2/client-stream.ts';
import type { Runtime } from '../runtime.ts';
import { Timer } from '../timer-wheel.ts';
import type { Endpoint } from './endpoint.ts';

export type TunnelKind = '' | 'connect' | 'websocket';
/** `refused`: the endpoint says that it has not begun with the request. */
export type UpstreamFailure = 'connect' | 'refused' | 'reset' | 'malformed' | 'stalled';

/** What a connection tells the exchange that uses it. */
export interface UpstreamUser {
  readonly isHeadRequest: boolean;
  /** What a good answer turns the connection into: a tunnel after 2xx (CONNECT) or 101 (WebSocket). */
  readonly tunnel: TunnelKind;
  /** False while a part of the request's body is still to be written: then the connection cannot serve another. */
  readonly isRequestSent: boolean;
  /** Where the user bears less, or more, than the runtime. */
  readonly idleTimeoutMs?: number;
  /** The connection is open: write the request now. */
  onUpstreamReady(connection: UpstreamConnection): void;
  /** A 1xx other than 101. */
  onInterimHead(connection: UpstreamConnection, head: ResponseHead): void;
  /**
   * @param complete - no more of this response will come; bodyText is its whole body, latin1
   * @returns false when the user has let go of the connection
   */
  onResponseHead(connection: UpstreamConnection, head: ResponseHead, complete: boolean, bodyText: string): boolean;
  onResponseBody(connection: UpstreamConnection, bytes: Buffer): void;
  onResponseEnd(connection: UpstreamConnection): void;
  onTunnelData(connection: UpstreamConnection, bytes: Buffer): void;
  /** The endpoint has closed its side; it may still be written to. */
  onTunnelEnd(connection: UpstreamConnection): void;
  onTunnelClosed(connection: UpstreamConnection): void;
  /** @param silent - no byte of an answer had come, on a connection that had served before: it was closed under us */
  onUpstreamFailure(connection: UpstreamConnection, failure: UpstreamFailure, silent: boolean): void;
  onUpstreamDrain(): void;
}

/** All upstream reads of the thread land here: each is used up before the next one happens. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024);

/** All response heads of the thread are read into this one: each is used up in the calls that its reading makes. */
const HEAD_READ = new ResponseHead();

const IDLE = 0;
const CONNECTING = 1;
const HEAD = 2;
const LENGTH = 3;
const CHUNKED = 4;
const UNTIL_CLOSE = 5;
const TUNNEL = 6;
const CLOSED = 7;

/** A body that came whole with its head, up to this size, leaves with it in one write. */
const INLINE_BODY_BYTES = 16 * 1024;

export class UpstreamConnection {
  readonly endpoint: Endpoint;
  readonly #runtime: Runtime;
  #decoder: ChunkedDecoder | undefined;
  #socket: Duplex | undefined;
  #user: UpstreamUser | undefined;
  #state = CONNECTING;
  #pendingText = '';
  #remaining = 0;
  #served = 0;
  #keepAlive = true;
  #paused = false;
  #interimSeen = false;
  #lastByteMs = 0;
  #connectTimer: Timer | undefined;
  idleSinceMs = 0;

  constructor(runtime: Runtime, endpoint: Endpoint) {
    this.#runtime = runtime;
    this.endpoint = endpoint;
  }

  /** @param fresh - not over what has refused a request just now */
  connect(user: UpstreamUser, fresh: boolean): void {
    this.#user = user;
    const socket = this.endpoint.openSocket(READ_BUFFER, (size) => this.#onRead(size), fresh);
    this.#socket = socket;
    this.#connectTimer = new Timer(() => this.#fail('connect'));
    this.#runtime.wheel.arm(this.#connectTimer, this.endpoint.connectTimeoutMs);
    socket.on(this.endpoint.readyEvent, () => {
      if (this.#connectTimer) this.#runtime.wheel.cancel(this.#connectTimer);
      if (this.#state !== CONNECTING || !this.#user) return;
      this.#state = IDLE;
      this.begin(this.#user);
    });
    socket.on('error', (error) => {
      if (this.#state === CONNECTING) this.#fail('connect');
      else this.#fail(error instanceof Unprocessed ? 'refused' : 'reset');
    });
    socket.on('end', () => this.#onEnd());
    socket.on('close', () => this.#onClose());
    socket.on('drain', () => this.#user?.onUpstreamDrain());
  }

  /** Takes the connection into use; the user writes its request in onUpstreamReady. */
  begin(user: UpstreamUser): void {
    this.#user = user;
    this.#state = HEAD;
    this.#pendingText = '';
    this.#interimSeen = false;
    this.#lastByteMs = this.#runtime.clock.nowMs();
    user.onUpstreamReady(this);
  }

  /** @returns false when the caller should wait for onUpstreamDrain */
  writeText(text: string): boolean {
    return this.#socket?.write(text, 'latin1') ?? true;
  }

  write(bytes: Uint8Array): boolean {
    this.#lastByteMs = this.#runtime.clock.nowMs();
    return this.#socket?.write(bytes) ?? true;
  }

  cork(): void {
    this.#socket?.cork();
  }

  uncork(): void {
    this.#socket?.uncork();
  }

  /** Of the last chunked answer of a gRPC endpoint. */
  get trailers(): string {
    return this.#decoder?.trailers ?? '';
  }

  /** Of a call of gRPC so far. */
  get messages(): Messages | undefined {
    return this.#socket instanceof ClientStreamSocket ? this.#socket.messages : undefined;
  }

  /** Half-closes towards the endpoint (tunnels). */
  end(): void {
    this.#socket?.end();
  }

  pause(): void {
    this.#paused = true;
    this.#socket?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#socket?.resume();
  }

  /** From here on the bytes are not HTTP: they go to onTunnelData as they are. */
  becomeTunnel(): void {
    this.#state = TUNNEL;
  }

  /** The client has closed its side in good order: what it sent still goes out, then this connection closes by itself. */
  leaveTunnel(): void {
    this.#user = undefined;
    this.resume();
  }

  /** Lets go of the user and closes. */
  destroy(): void {
    this.#user = undefined;
    this.#state = CLOSED;
    if (this.#connectTimer) this.#runtime.wheel.cancel(this.#connectTimer);
    this.endpoint.forget(this);
    this.#socket?.destroy();
  }

  checkStall(nowMs: number): void {
    if (this.#state === CONNECTING || this.#state === IDLE || this.#state === CLOSED) return;
    const limitMs = this.#user?.idleTimeoutMs ?? this.#runtime.limits.streamIdleMs;
    if (nowMs - this.#lastByteMs > limitMs) this.#fail('stalled');
  }

  #onRead(size: number): void {
    this.#lastByteMs = this.#runtime.clock.nowMs();
    switch (this.#state) {
      case HEAD:
        this.#readHead(size);
        break;
      case TUNNEL:
        this.#user?.onTunnelData(this, Buffer.from(READ_BUFFER.subarray(0, size)));
        break;
      case IDLE: // a byte that nobody asked for: the connection cannot be trusted any more
        this.destroy();
        break;
      case CLOSED:
        break;
      default:
        this.#readBody(0, size);
    }
  }

  #readHead(size: number): void {
    const head = HEAD_READ;
    const earlier = this.#pendingText.length;
    const chunk = READ_BUFFER.toString('latin1', 0, size);
    const text = earlier === 0 ? chunk : this.#pendingText + chunk;
    this.#pendingText = '';
    let start = 0;
    let outcome = parseResponseHead(head, text, start);
    while (outcome === COMPLETE && head.status < 200 && head.status !== 101) {
      this.#interimSeen = true;
      start = head.end;
      this.#user?.onInterimHead(this, head);
      if (this.#state !== HEAD) return;
      outcome = parseResponseHead(head, text, start);
    }
    if (outcome === INVALID) this.#fail('malformed');
    else if (outcome === COMPLETE) this.#startBody(text, head.end - earlier, size);
    else this.#pendingText = start === 0 ? text : text.slice(start);
  }

  /** The head is complete: which body follows, and how much of it is here already ([bodyAt, size) of the read buffer). */
  #startBody(text: string, bodyAt: number, size: number): void {
    const head = HEAD_READ;
    const user = this.#user;
    if (!user) return;
    this.#keepAlive = head.minor === 1 ? !head.connectionClose : head.connectionKeepAlive && !head.connectionClose;
    const available = size - bodyAt;
    const tunnels = opensTunnel(head, user.tunnel);
    if (head.status === 101 && !tunnels) {
      this.#fail('malformed');
    } else if (tunnels) {
      this.#state = TUNNEL;
      const early = available > 0 ? Buffer.from(READ_BUFFER.subarray(bodyAt, size)) : undefined;
      if (user.onResponseHead(this, head, false, '') && early) user.onTunnelData(this, early);
    } else if (isBodiless(head.status, user.isHeadRequest) || head.contentLength === 0) {
      this.#endsWithHead(text, 0, available);
    } else if (head.contentLength > 0 && available >= head.contentLength && head.contentLength <= INLINE_BODY_BYTES) {
      this.#endsWithHead(text, head.contentLength, available);
    } else this.#streamBody(head, user, bodyAt, size);
  }

  #endsWithHead(text: string, length: number, available: number): void {
    const end = HEAD_READ.end;
    const user = this.#user;
    if (available > length) this.#keepAlive = false;
    this.#state = IDLE;
    const kept =
      user?.onResponseHead(this, HEAD_READ, true, length === 0 ? '' : text.slice(end, end + length)) ?? false;
    if (kept) this.#finish();
  }

  #streamBody(head: ResponseHead, user: UpstreamUser, bodyAt: number, size: number): void {
    if (head.chunked) {
      this.#state = CHUNKED;
      this.#decoder ??= new ChunkedDecoder(this.endpoint.protocol === 'grpc');
      this.#decoder.reset();
    } else if (head.contentLength > 0) {
      this.#state = LENGTH;
      this.#remaining = head.contentLength;
    } else {
      this.#state = UNTIL_CLOSE;
      this.#keepAlive = false;
    }
    if (user.onResponseHead(this, head, false, '') && size > bodyAt) this.#readBody(bodyAt, size);
  }

  #readBody(from: number, to: number): void {
    const user = this.#user;
    if (!user) return;
    if (this.#state === CHUNKED) this.#readChunked(user, from, to);
    else if (this.#state === UNTIL_CLOSE) user.onResponseBody(this, Buffer.from(READ_BUFFER.subarray(from, to)));
    else {
      const take = Math.min(this.#remaining, to - from);
      this.#remaining -= take;
      if (to - from > take) this.#keepAlive = false;
      const done = this.#remaining === 0;
      if (done) this.#state = IDLE;
      user.onResponseBody(this, Buffer.from(READ_BUFFER.subarray(from, from + take)));
      if (done && this.#user === user) this.#finish();
    }
  }

  /** Chunked bytes go on as they are, once the decoder has found them well-formed. */
  #readChunked(user: UpstreamUser, from: number, to: number): void {
    const decoder = this.#decoder;
    if (!decoder) return;
    let at = from;
    while (at < to && !decoder.done && !decoder.failed) at = decoder.next(READ_BUFFER, at, to);
    if (decoder.failed) {
      this.#fail('malformed');
      return;
    }
    if (at < to) this.#keepAlive = false;
    const done = decoder.done;
    if (done) this.#state = IDLE;
    user.onResponseBody(this, Buffer.from(READ_BUFFER.subarray(from, at)));
    if (done && this.#user === user) this.#finish();
  }

  /** The response is complete: back to the pool first, so that the next request can have the connection at once. */
  #finish(): void {
    const user = this.#user;
    if (!user) return;
    this.#served++;
    this.#user = undefined;
    this.resume();
    if (this.#keepAlive && user.isRequestSent && this.#socket?.writable === true) this.endpoint.release(this);
    else this.destroy();
    user.onResponseEnd(this);
  }

  #onEnd(): void {
    if (this.#state === TUNNEL) this.#user?.onTunnelEnd(this);
    else if (this.#state === UNTIL_CLOSE) this.#finish();
    else if (this.#user !== undefined) this.#fail('reset');
    else this.destroy();
  }

  #onClose(): void {
    const user = this.#user;
    if (this.#state === TUNNEL) {
      this.#user = undefined;
      user?.onTunnelClosed(this);
    } else if (user !== undefined) this.#fail('reset');
    this.#state = CLOSED;
    this.endpoint.forget(this);
  }

  #fail(failure: UpstreamFailure): void {
    const user = this.#user;
    const unanswered = this.#state === HEAD && this.#pendingText === '' && !this.#interimSeen;
    const silent = failure === 'reset' && this.#served > 0 && unanswered;
    this.destroy();
    user?.onUpstreamFailure(this, failure, silent);
  }
}

/** Only what was asked for: 101 must name the protocol that we offered (RFC 9110 7.8, 9.3.6). */
function opensTunnel(head: ResponseHead, kind: TunnelKind): boolean {
  if (kind === 'connect') return head.status >= 200 && head.status < 300;
  if (kind !== 'websocket' || head.status !== 101 || head.upgradeField < 0 || !head.connectionUpgrade) return false;
  return head.value(head.upgradeField).toLowerCase() === 'websocket';
}
