/**
 * One client connection: reads requests with our codec, one after the other, holds small bodies, and writes answers in
 * order. It knows nothing of routes; the exchange does.
 */
import type { Socket } from 'node:net';
import { Exchange } from '../exchange.ts';
import { equalsWord } from '../http1/chars.ts';
import { ChunkedDecoder } from '../http1/chunked.ts';
import { COMPLETE, HEAD_LIMITS, INVALID, RANGE, RequestHead } from '../http1/head.ts';
import { parseRequestHead } from '../http1/parse-request.ts';
import type { ServicePlan } from '../plan/plan.ts';
import { localAnswer } from '../rescue.ts';
import { ERRORS } from '../../contracts/errors.ts';
import type { ErrorCode } from '../../contracts/errors.ts';
import type { Runtime } from '../runtime.ts';
import { Timer } from '../timer-wheel.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import { RequestBody } from './request-body.ts';

/** Nothing of a request is here. */
const IDLE = 0;
/** A part of a head is here. */
const HEAD = 1;
/** The head is here, the body is coming; the exchange may have begun. */
const BODY = 2;
/** The request is here whole; the answer is being made. */
const WAIT = 3;
const TUNNEL = 4;
/** Our side is closed; what still comes is thrown away, so that the client can read our answer. */
const LINGER = 5;
const CLOSED = 6;

const LINGER_MS = 2_000;
/** Pipelined requests that wait are held up to this size, then the client is not read from. */
const PENDING_BYTES = 64 * 1024;

/** What a connection needs from its listener. */
export type DownstreamHost = {
  readonly resolve: (head: RequestHead) => ServicePlan | undefined;
  readonly closed: (connection: Downstream) => void;
};

export class Downstream {
  readonly head = new RequestHead();
  readonly body = new RequestBody();
  readonly #runtime: Runtime;
  readonly #host: DownstreamHost;
  readonly #socket: Socket;
  readonly #exchange: Exchange;
  readonly #holdTimer: Timer;
  #dechunker: ChunkedDecoder | undefined;
  #state = IDLE;
  #pending: Buffer | undefined;
  #parsedBytes = 0;
  #lastByteMs: number;
  #pumping = false;
  #clientEnded = false;
  /** The status that was sent, for telemetry. */
  status = 0;
  /** Close once the answer is complete. */
  closeAfter = false;
  isTunnelRequest = false;
  isWebSocket = false;

  constructor(runtime: Runtime, host: DownstreamHost, socket: Socket) {
    this.#runtime = runtime;
    this.#host = host;
    this.#socket = socket;
    this.#exchange = new Exchange(runtime, this);
    this.#holdTimer = new Timer(() => this.#begin(runtime.clock.nowMs()));
    this.#lastByteMs = runtime.clock.nowMs();
    socket.on('data', (chunk: Buffer) => this.#onData(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('drain', () => this.#onDrain());
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.#onClose());
  }

  /** @returns false when the client does not keep up; onDownstreamDrain follows */
  writeText(text: string): boolean {
    return this.#socket.write(text, 'latin1');
  }

  /** @param dechunk - the client speaks HTTP/1.0: take the chunked framing off */
  write(bytes: Buffer, dechunk: boolean): boolean {
    if (!dechunk) return this.#socket.write(bytes);
    const decoder = (this.#dechunker ??= new ChunkedDecoder());
    let open = true;
    for (let at = 0; at < bytes.length && !decoder.done;) {
      at = decoder.next(bytes, at, bytes.length);
      if (decoder.dataEnd > decoder.dataStart)
        open = this.#socket.write(bytes.subarray(decoder.dataStart, decoder.dataEnd));
    }
    return open;
  }

  /** The Connection field of the answer: empty where HTTP/1.1 needs none. */
  connectionField(): '' | 'close' | 'keep-alive' {
    if (this.closeAfter || this.#runtime.draining) {
      this.closeAfter = true;
      return 'close';
    }
    return this.head.minor === 0 ? 'keep-alive' : '';
  }

  resumeBody(): void {
    this.#socket.resume();
  }

  openTunnel(upstream: UpstreamConnection, headText: string): void {
    this.#state = TUNNEL;
    upstream.becomeTunnel();
    this.writeText(headText);
    const early = this.#pending;
    this.#pending = undefined;
    if (early) upstream.write(early);
    if (this.#clientEnded) upstream.end();
    this.#socket.resume();
  }

  /** The endpoint has closed its side of the tunnel. */
  endTunnel(): void {
    if (this.#state !== TUNNEL) return;
    this.#socket.end();
    if (this.#clientEnded) this.#exchange.tunnelClosed();
  }

  /** The exchange is over: next request, or close. */
  exchangeEnded(): void {
    if (this.#state === CLOSED) return;
    if (this.#state === TUNNEL) this.destroy();
    else if (this.closeAfter || this.#clientEnded) this.#linger();
    else {
      this.#state = IDLE;
      this.#dechunker?.reset();
      this.#pump();
    }
  }

  /** Closes at once with a TCP reset. */
  reset(): void {
    this.#state = CLOSED;
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Time-outs, once a second. */
  sweep(nowMs: number): void {
    const quietMs = nowMs - this.#lastByteMs;
    const { limits } = this.#runtime;
    if (this.#state === IDLE && (quietMs > limits.clientIdleMs || this.#runtime.draining)) this.#linger();
    else if (this.#state === HEAD && quietMs > limits.headTimeoutMs)
      this.#refuse('HTTP_REQUEST_TIMEOUT', 'the head did not come in time');
    else if (this.#state === BODY && quietMs > limits.headTimeoutMs)
      this.#refuse('HTTP_REQUEST_TIMEOUT', 'the body did not come in time');
    else if (this.#state === LINGER && quietMs > LINGER_MS) this.destroy();
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
        this.#pending = this.#pending ? Buffer.concat([this.#pending, chunk]) : chunk;
        if (this.#pending.length > PENDING_BYTES) this.#socket.pause();
        break;
      case TUNNEL:
        if (this.#exchange.upstream?.write(chunk) === false) this.#socket.pause();
        break;
    }
  }

  /** A trickled head is parsed again only when it may be complete, or has doubled: cost stays linear. */
  #continueHead(chunk: Buffer, nowMs: number): void {
    const before = this.#pending ?? EMPTY;
    const bytes = Buffer.concat([before, chunk]);
    const mayBeComplete = bytes.indexOf('\r\n\r\n', Math.max(0, before.length - 3), 'latin1') >= 0;
    if (mayBeComplete || bytes.length >= 2 * this.#parsedBytes) this.#parse(bytes, nowMs);
    else this.#pending = bytes;
  }

  #parse(bytes: Buffer, nowMs: number): void {
    this.#pending = undefined;
    const text = bytes.toString('latin1', 0, Math.min(bytes.length, HEAD_LIMITS.headBytes + 4_096));
    const outcome = parseRequestHead(this.head, text, 0);
    if (outcome === COMPLETE) this.#headComplete(bytes, nowMs);
    else if (outcome === INVALID) this.#refuse(this.head.error, this.head.detail);
    else {
      this.#state = this.head.start === text.length ? IDLE : HEAD;
      this.#pending = this.#state === HEAD ? bytes : undefined;
      this.#parsedBytes = bytes.length;
    }
  }

  #headComplete(bytes: Buffer, nowMs: number): void {
    const { head } = this;
    this.closeAfter = head.minor === 1 ? head.connectionClose : !head.connectionKeepAlive || head.connectionClose;
    this.status = 0;
    if (head.isConnect) head.chunked = false;
    this.body.start(head);
    this.isWebSocket =
      head.connectionUpgrade && head.upgradeField >= 0 && this.body.empty && head.minor === 1 && isWebSocket(head);
    this.isTunnelRequest = head.isConnect || this.isWebSocket;
    if (this.isTunnelRequest) this.closeAfter = false;
    if (this.body.empty) {
      if (bytes.length > head.end) this.#pending = bytes.subarray(head.end);
      this.#begin(nowMs);
    } else {
      this.#state = BODY;
      this.#feedBody(bytes, head.end, nowMs);
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
      if (!this.#exchange.bodyArrived() && !body.complete) this.#socket.pause();
      return;
    }
    const asksFirst = head.expectField >= 0 && head.minor === 1 && body.heldBytes === 0;
    const { holdBodyBytes, holdBodyMs } = this.#runtime.limits;
    if (body.complete || asksFirst || head.contentLength > holdBodyBytes || body.heldBytes > holdBodyBytes)
      this.#begin(nowMs);
    else if (body.chunked && !this.#holdTimer.armed) this.#runtime.wheel.arm(this.#holdTimer, holdBodyMs);
  }

  #begin(nowMs: number): void {
    if (this.#holdTimer.armed) this.#runtime.wheel.cancel(this.#holdTimer);
    this.#state = this.body.complete ? WAIT : BODY;
    const { head } = this;
    if (head.viaField >= 0 && passedThrough(head, this.#runtime.viaName)) {
      this.#refuse('LOOP_DETECTED', 'check which service this address belongs to');
      return;
    }
    this.#exchange.begin(this.#host.resolve(head), nowMs);
  }

  /** Answers a request that is not forwarded (or no further), and closes. */
  #refuse(code: ErrorCode, detail: string): void {
    this.closeAfter = true;
    if (this.#exchange.active) {
      this.#exchange.answer(code, detail);
      return;
    }
    this.#runtime.errors.set(code, (this.#runtime.errors.get(code) ?? 0) + 1);
    this.writeText(localAnswer(code, detail, ERRORS[code].status, 'close', false));
    this.#linger();
  }

  /** Parses what was pipelined. A loop, not recursion: answers may be made at once. */
  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#state === IDLE && this.#pending && !this.#socket.writableNeedDrain) {
      this.#parse(this.#pending, this.#runtime.clock.nowMs());
    }
    this.#pumping = false;
    if (this.#state === IDLE || this.#state === HEAD) this.#socket.resume();
  }

  #onDrain(): void {
    this.#exchange.onDownstreamDrain();
    if (this.#state === IDLE) this.#pump();
  }

  #onEnd(): void {
    this.#clientEnded = true;
    if (this.#state === IDLE || this.#state === LINGER) this.#socket.end();
    else if (this.#state === HEAD || this.#state === BODY)
      this.#refuse('HTTP_MALFORMED', 'the request ended before it was complete');
    else if (this.#state === TUNNEL) this.#exchange.upstream?.end();
    else this.closeAfter = true;
  }

  #linger(): void {
    if (this.#state === CLOSED) return;
    this.#state = LINGER;
    this.#pending = undefined;
    this.#lastByteMs = this.#runtime.clock.nowMs();
    this.#socket.resume();
    this.#socket.end();
  }

  #onClose(): void {
    this.#state = CLOSED;
    this.#pending = undefined;
    if (this.#holdTimer.armed) this.#runtime.wheel.cancel(this.#holdTimer);
    this.#exchange.clientGone();
    this.#host.closed(this);
  }
}

const EMPTY = Buffer.alloc(0);

function isWebSocket(head: RequestHead): boolean {
  const at = head.upgradeField * RANGE;
  return equalsWord(head.text, head.ranges[at + 2] ?? 0, head.ranges[at + 3] ?? 0, 'websocket');
}

function passedThrough(head: RequestHead, name: string): boolean {
  for (let i = 0; i < head.fieldCount; i++) {
    const at = i * RANGE;
    if (equalsWord(head.text, head.ranges[at] ?? 0, head.ranges[at + 1] ?? 0, 'via') && head.value(i).includes(name))
      return true;
  }
  return false;
}
