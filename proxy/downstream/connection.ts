/**
 * One client connection: reads requests with our codec, one after the other, holds small bodies, and writes answers in
 * order. It knows nothing of routes; the exchange does.
 */
import { Exchange } from '../exchange.ts';
import { ChunkedDecoder } from '../http1/chunked.ts';
import { COMPLETE, INCOMPLETE, INVALID, RequestHead } from '../http1/head.ts';
import { parseRequestHead } from '../http1/parse-request.ts';
import { localAnswer } from '../rescue.ts';
import { ERRORS } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { Runtime } from '../runtime.ts';
import { Timer } from '../timer-wheel.ts';
import type { TunnelKind, UpstreamConnection } from '../upstream/connection.ts';
import { headEndIn, isWorthParsing, MAX_HEAD_TEXT } from './head-end.ts';
import type { ClientConnection, ClientSocket, DownstreamHost } from './host.ts';
import { kept } from './read-into.ts';
import { RequestBody } from './request-body.ts';
import { asksForWebSocket, isHttp2Preface, lastHopAnswer, passedThrough } from './request-checks.ts';
import { BODY, CLOSED, HEAD, IDLE, LINGER, TUNNEL, WAIT } from './states.ts';

/** How long what still comes is thrown away: since the last byte, and at most. */
const LINGER_MS = 2_000;
const LINGER_MAX_MS = 15_000;
/** A call's one message comes with its head or right after it; a call that streams is not to be held up. */
const STREAM_HOLD_MS = 5;
/** Pipelined requests that wait are held up to this size, then the client is not read from. */
const PENDING_BYTES = 64 * 1024;

export class Downstream implements ClientConnection {
  readonly head = new RequestHead();
  readonly body = new RequestBody();
  readonly #runtime: Runtime;
  readonly host: DownstreamHost;
  readonly #socket: ClientSocket;
  readonly #exchange: Exchange;
  readonly #holdTimer: Timer;
  #dechunker: ChunkedDecoder | undefined;
  #state: number = IDLE;
  #pending: Buffer | undefined;
  #parsedBytes = 0;
  #lastByteMs: number;
  #lingerSinceMs = 0;
  #pumping = false;
  #paused = false;
  #clientEnded = false;
  /** The status that was sent, for telemetry. */
  status = 0;
  /** Close once the answer is complete. */
  closeAfter = false;
  tunnel: TunnelKind = '';

  constructor(runtime: Runtime, host: DownstreamHost, socket: ClientSocket) {
    this.#runtime = runtime;
    this.host = host;
    this.head.isHttp2 = host.isStream === true;
    this.#socket = socket;
    this.#exchange = new Exchange(runtime, this);
    this.#holdTimer = new Timer(() => this.#begin(runtime.clock.nowMs()));
    this.#lastByteMs = runtime.clock.nowMs();
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('drain', () => this.#onDrain());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.#onClose());
    this.#queue();
  }

  get remoteIp(): string | undefined {
    return this.#socket.remoteAddress;
  }

  /** @returns false when the client does not keep up; onDownstreamDrain follows */
  writeText(text: string): boolean {
    return this.#socket.write(text, 'latin1');
  }

  /** @param dechunk - the client speaks HTTP/1.0: take the chunked framing off */
  write(bytes: Buffer, dechunk: boolean): boolean {
    if (!dechunk) return this.#socket.write(bytes);
    return (this.#dechunker ??= new ChunkedDecoder()).decode(bytes, (body) => this.#socket.write(body));
  }

  /** The Connection field of the answer: empty where HTTP/1.1 needs none. */
  connectionField(): '' | 'close' | 'keep-alive' {
    if (this.#runtime.draining || this.#runtime.overload.strained || this.host.retired) this.closeAfter = true;
    if (this.closeAfter || (this.#clientEnded && this.#pending === undefined)) return 'close';
    return this.head.minor === 0 ? 'keep-alive' : '';
  }

  openTunnel(upstream: UpstreamConnection, headText: string): void {
    this.#state = TUNNEL;
    upstream.becomeTunnel();
    this.writeText(headText);
    const early = this.#pending;
    this.#pending = undefined;
    this.resume();
    if (early) this.#toTunnel(upstream, early);
    if (this.#clientEnded) upstream.end();
  }

  #toTunnel(upstream: UpstreamConnection | undefined, bytes: Buffer): void {
    this.#exchange.webSocket?.toEndpoint(bytes);
    if (upstream?.write(bytes) === false) this.#pause();
  }

  /** The endpoint has closed its side of the tunnel; ours follows. */
  endTunnel(): void {
    if (this.#state === TUNNEL) this.#socket.end();
  }

  /** The exchange is over: next request, or close. */
  exchangeEnded(nowMs: number): void {
    if (this.#state === CLOSED) return;
    this.#lastByteMs = nowMs;
    if (this.#state === TUNNEL || this.closeAfter || (this.#clientEnded && this.#pending === undefined)) this.#linger();
    else {
      this.#state = IDLE;
      this.#pump();
      this.#queue();
    }
  }

  /** While clients connect, the next request waits for its turn; who is paused has answers to read, and no turn may end that. */
  #queue(): void {
    const { turns } = this.#runtime;
    if (!turns.crowded || this.#state !== IDLE || this.#paused || this.#pending || this.host.isStream === true) return;
    this.#pause();
    turns.wait(this);
  }

  /** Closes at once with a TCP reset. */
  reset(): void {
    this.#state = CLOSED;
    this.#socket.resetAndDestroy();
  }

  /** Closes at once; what is not on the wire yet is lost. */
  destroy(): void {
    this.#state = CLOSED;
    this.#socket.destroy();
  }

  /** Time-outs, once a second. */
  sweep(nowMs: number): void {
    const quietMs = nowMs - this.#lastByteMs;
    const { limits, draining, overload } = this.#runtime;
    switch (this.#state) {
      case IDLE: {
        // A client that is quick with its next request shall have its answer, which says that the connection closes.
        const closing = (draining || overload.strained || this.host.retired) && this.#pending === undefined;
        const limitMs = closing ? limits.drainIdleMs : (this.host.clientIdleMs ?? limits.clientIdleMs);
        if (quietMs > (overload.full ? 0 : limitMs)) this.#linger();
        break;
      }
      case HEAD:
        if (quietMs > limits.headTimeoutMs) this.#refuse('HTTP_REQUEST_TIMEOUT', 'the head did not come in time');
        break;
      case BODY: // a client that we do not read from is not late
        if (quietMs > (this.host.isStream ? this.#exchange.idleTimeoutMs : limits.headTimeoutMs) && !this.#paused)
          this.#refuse('HTTP_REQUEST_TIMEOUT', 'the body did not come in time');
        break;
      case WAIT: // a closed side may be a half-close; only time tells it from a client that has gone
        if (this.#clientEnded && !this.#exchange.answering && quietMs > limits.halfCloseMs) this.destroy();
        break;
      case LINGER: // a client that still reads its answer is given the time of an idle one
        if (this.#socket.writableLength > 0 ? quietMs > limits.clientIdleMs : this.#hasLingered(nowMs)) this.destroy();
        break;
    }
  }

  #hasLingered(nowMs: number): boolean {
    return nowMs - this.#lastByteMs > LINGER_MS || nowMs - this.#lingerSinceMs > LINGER_MAX_MS;
  }

  /** @param bytes - `kept` where they outlast the call @returns false: nothing more is read until the socket is resumed */
  onRead(bytes: Buffer): boolean {
    if (this.#state === CLOSED) return this.#socket.push(kept(bytes)); // left to who takes the socket as a stream
    this.#onData(this.#state === IDLE ? bytes : kept(bytes));
    return true;
  }

  #onData(chunk: Buffer): void {
    const nowMs = this.#runtime.clock.nowMs();
    if (this.#state !== HEAD) this.#lastByteMs = nowMs;
    switch (this.#state) {
      case IDLE:
        this.#parse(chunk, nowMs);
        break;
      case HEAD:
        this.#continueHead(chunk, nowMs);
        break;
      case BODY:
        this.#feedBody(chunk, 0, nowMs);
        break;
      case WAIT:
        this.#keep(chunk);
        break;
      case TUNNEL:
        this.#toTunnel(this.#exchange.upstream, chunk);
        break;
    }
  }

  /** Pipelined bytes wait for their turn; beyond the limit the client is not read from. */
  #keep(chunk: Buffer): void {
    this.#pending = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
    if (this.#pending.length > PENDING_BYTES) this.#pause();
  }

  #pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  /** Reads on. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#lastByteMs = this.#runtime.clock.nowMs();
    this.#socket.resume();
  }

  #continueHead(chunk: Buffer, nowMs: number): void {
    const before = this.#pending ?? EMPTY;
    const bytes = Buffer.concat([before, chunk]);
    if (isWorthParsing(bytes, before.length, this.#parsedBytes)) this.#parse(bytes, nowMs);
    else this.#pending = bytes;
  }

  #parse(bytes: Buffer, nowMs: number): void {
    this.#pending = undefined;
    const length = headEndIn(bytes);
    let text = bytes.toString('latin1', 0, length);
    let outcome = parseRequestHead(this.head, text, 0);
    if (outcome === INCOMPLETE && length < bytes.length && length < MAX_HEAD_TEXT) {
      text = bytes.toString('latin1', 0, MAX_HEAD_TEXT); // the empty line that was found came before the request
      outcome = parseRequestHead(this.head, text, 0);
    }
    if (outcome === COMPLETE) this.#headComplete(bytes, nowMs);
    else if (outcome === INVALID) {
      if (isHttp2Preface(this.head) && this.host.speakHttp2) this.host.speakHttp2(this, this.#leave(kept(bytes)));
      else this.#refuse(this.head.error, this.head.detail);
    } else {
      this.#state = this.head.start === text.length ? IDLE : HEAD;
      this.#pending = this.#state === HEAD ? kept(bytes) : undefined;
      this.#parsedBytes = bytes.length;
    }
  }

  /** From here on this object does nothing but wait for the socket's end. */
  #leave(bytes: Buffer | undefined): ClientSocket {
    this.#state = CLOSED;
    this.#socket.removeAllListeners('data');
    this.#socket.pause();
    if (bytes) this.#socket.unshift(bytes);
    return this.#socket;
  }

  #headComplete(bytes: Buffer, nowMs: number): void {
    const { head } = this;
    this.closeAfter = head.minor === 1 ? head.connectionClose : !head.connectionKeepAlive || head.connectionClose;
    this.status = 0;
    if (head.isConnect) head.chunked = false;
    this.body.start(head);
    this.tunnel = head.isConnect ? 'connect' : head.connectionUpgrade && asksForWebSocket(head) ? 'websocket' : '';
    if (this.body.empty) {
      if (bytes.length > head.end) this.#pending = kept(bytes.subarray(head.end));
      this.#begin(nowMs);
    } else {
      this.#state = BODY;
      this.#feedBody(kept(bytes), head.end, nowMs);
    }
  }

  #feedBody(bytes: Buffer, at: number, nowMs: number): void {
    const { body, head } = this;
    const next = body.feed(bytes, at);
    if (next < 0) {
      this.#refuse('HTTP_MALFORMED', 'the chunked body is not well-formed');
      return;
    }
    if (next < bytes.length) this.#pending = bytes.subarray(next);
    if (this.#exchange.active) {
      if (body.complete) this.#state = WAIT;
      if (body.receivedBytes > this.#exchange.maxBodyBytes) this.#exchange.answer('BODY_TOO_LARGE', '');
      else if (!this.#exchange.bodyArrived() && !body.complete) this.#pause();
      return;
    }
    const asksFirst = head.expectField >= 0 && head.minor === 1 && body.heldBytes === 0;
    const { holdBodyBytes, holdBodyMs } = this.#runtime.limits;
    if (body.complete || asksFirst || head.contentLength > holdBodyBytes || body.heldBytes > holdBodyBytes)
      this.#begin(nowMs);
    else if (body.chunked && !this.#holdTimer.armed) {
      this.#runtime.wheel.arm(this.#holdTimer, this.host.isStream ? STREAM_HOLD_MS : holdBodyMs);
    }
  }

  #begin(nowMs: number): void {
    this.#cancelHold();
    this.#state = this.body.complete ? WAIT : BODY;
    const { head } = this;
    if (head.viaField >= 0 && this.host.isInbound !== true && passedThrough(head, this.#runtime.viaName)) {
      this.#refuse('LOOP_DETECTED', 'check which service this address belongs to');
      return;
    }
    const lastHop = lastHopAnswer(head);
    if (lastHop !== undefined) {
      if (head.method === 'TRACE') this.#count('METHOD_REFUSED');
      this.writeText(lastHop);
      this.#linger();
      return;
    }
    const service = this.host.resolve(head);
    if (head.isConnect && service && this.host.takeTunnel) {
      this.host.takeTunnel(this, this.#leave(this.#pending), service);
    } else this.#exchange.begin(service, nowMs);
  }

  /** Answers a request that is not forwarded (or no further), and closes. */
  #refuse(code: ErrorCode, detail: string): void {
    this.closeAfter = true;
    if (this.#exchange.active) {
      this.#exchange.answer(code, detail);
      return;
    }
    this.#count(code);
    const toHead = this.#state !== HEAD && this.#state !== IDLE && this.head.isHead;
    this.writeText(localAnswer(code, detail, ERRORS[code].status, 'close', toHead));
    this.#linger();
  }

  #count(code: ErrorCode): void {
    this.#runtime.errors.set(code, (this.#runtime.errors.get(code) ?? 0) + 1);
  }

  /** Parses what was pipelined. A loop, not recursion: answers may be made at once. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#state === IDLE && this.#pending !== undefined && !this.#socket.writableNeedDrain) {
      this.#parse(this.#pending, this.#runtime.clock.nowMs());
    }
    this.#pumping = false;
    if (this.#state !== IDLE && this.#state !== HEAD && this.#state !== BODY) return;
    if (!this.#exchange.active) {
      // A client that does not read its answers is not read from either; so an idle connection with bytes kept is paused.
      if (this.#socket.writableNeedDrain) this.#pause();
      else this.resume();
    }
    // The rest of what was pipelined will never come.
    if (this.#clientEnded && (this.#state !== IDLE || this.#pending === undefined)) this.#onEnd();
  }

  #onDrain(): void {
    if (this.#exchange.active) this.#exchange.onDownstreamDrain();
    else this.#pump();
  }

  #onEnd(): void {
    this.#clientEnded = true;
    switch (this.#state) {
      case IDLE: // with requests that wait for the client to read: they are answered first
        if (this.#pending === undefined) this.#socket.end();
        break;
      case HEAD:
      case BODY:
        this.#refuse('HTTP_MALFORMED', 'the request ended before it was complete');
        break;
      case TUNNEL:
        this.#exchange.upstream?.end();
        break;
    }
  }

  #linger(): void {
    if (this.#state === CLOSED) return;
    this.#cancelHold();
    this.#state = LINGER;
    this.#pending = undefined;
    this.#lingerSinceMs = this.#lastByteMs = this.#runtime.clock.nowMs();
    this.resume();
    this.#socket.end();
  }

  /** Without this, a request that was refused while it was held would be forwarded all the same. */
  #cancelHold(): void {
    if (this.#holdTimer.armed) this.#runtime.wheel.cancel(this.#holdTimer);
  }

  #onClose(): void {
    this.#cancelHold();
    this.#state = CLOSED;
    this.#pending = undefined;
    this.#exchange.clientGone(this.#clientEnded);
    this.host.closed(this);
  }
}

const EMPTY = Buffer.alloc(0);
