/**
 * A stream to an endpoint that speaks HTTP/2, seen from the stack as a connection to one that speaks HTTP/1.1 and serves
 * one request. What is written is read with our own codec and leaves as frames; what comes back becomes text.
 */
import { constants } from 'node:http2';
import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  IncomingHttpHeaders,
  IncomingHttpStatusHeader,
  OutgoingHttpHeaders,
} from 'node:http2';
import { Duplex } from 'node:stream';
import { MessageCounter } from '../grpc/message-counter.ts';
import type { Messages } from '../grpc/message-counter.ts';
import { COMPLETE, INVALID, RequestHead } from '../http1/head.ts';
import { parseRequestHead } from '../http1/parse-request.ts';
import { framingOf, lastChunkText, requestHeaders, responseText, trailersOf } from './message-text.ts';
import type { TextFraming } from './message-text.ts';
import { TextBody } from './text-body.ts';

/** Used from call to call only: nothing of it is kept. */
const HEAD = new RequestHead();

/** The endpoint has not begun with the request: any request may be sent again (RFC 9113 8.7). */
export class Unprocessed extends Error {}

export class ClientStreamSocket extends Duplex {
  readonly #session: ClientHttp2Session;
  #stream: ClientHttp2Stream | undefined;
  #headText = '';
  #body: TextBody | undefined;
  #sent = false;
  #answered = false;
  #framing: TextFraming | undefined;
  #trailers: IncomingHttpHeaders | undefined;
  #afterDrain: (() => void) | undefined;
  #toHead = false;
  #takesTrailers = false;
  readonly #sentMessages: MessageCounter | undefined;
  readonly #receivedMessages: MessageCounter | undefined;

  /** @param isCall - of gRPC: its messages are counted */
  constructor(session: ClientHttp2Session, isCall: boolean) {
    super({ allowHalfOpen: true });
    this.#session = session;
    if (!isCall) return;
    this.#sentMessages = new MessageCounter();
    this.#receivedMessages = new MessageCounter();
  }

  get messages(): Messages {
    return { sent: this.#sentMessages?.messages ?? 0, received: this.#receivedMessages?.messages ?? 0 };
  }

  /** The session is open, and its owner knows what the endpoint bears. */
  sessionReady(): void {
    if (!this.destroyed) this.emit('connect');
  }

  /** For a stream that has not begun. */
  sessionLost(): void {
    this.destroy(new Error('no connection'));
  }

  override _read(): void {
    if (this.#framing !== undefined) this.#stream?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    if (this.#stream?.closed === true || this.#sent || this.#take(chunk)) callback();
    else this.#afterDrain = callback;
  }

  #onDrain(): void {
    const after = this.#afterDrain;
    this.#afterDrain = undefined;
    after?.();
  }

  #take(chunk: Buffer): boolean {
    if (this.#body) return this.#feed(this.#body, chunk);
    const text = this.#headText + chunk.toString('latin1');
    const outcome = parseRequestHead(HEAD, text, 0);
    this.#headText = outcome === COMPLETE ? '' : text;
    if (outcome === INVALID) this.destroy(new Error(HEAD.detail));
    return outcome !== COMPLETE || this.#feed(this.#begin(), Buffer.from(text.slice(HEAD.end), 'latin1'));
  }

  #begin(): TextBody {
    const { contentLength, chunked, isHead, acceptsTrailers } = HEAD;
    const framing = chunked ? 'chunked' : contentLength > 0 ? 'length' : 'none';
    this.#toHead = isHead;
    this.#takesTrailers = acceptsTrailers;
    this.#body = new TextBody(framing, contentLength);
    this.#open(requestHeaders(HEAD, this.#session.encrypted === true ? 'https' : 'http'), framing);
    return this.#body;
  }

  #open(headers: OutgoingHttpHeaders, framing: TextFraming): void {
    if (this.#session.closed || this.#session.destroyed) {
      this.destroy(new Unprocessed('the session is closing'));
      return;
    }
    const stream = this.#session.request(headers, {
      endStream: framing === 'none',
      waitForTrailers: framing === 'chunked',
    });
    this.#stream = stream;
    stream.on('continue', () => this.push('HTTP/1.1 100 Continue\r\n\r\n', 'latin1'));
    stream.on('headers', (interim, flags) => this.#onInterim(interim, flags));
    stream.on('response', (response, flags) => this.#onResponse(response, flags));
    stream.on('trailers', (trailers: IncomingHttpHeaders) => (this.#trailers = trailers));
    stream.on('end', () => this.#onResponseEnd());
    stream.on('drain', () => this.#onDrain());
    stream.on('wantTrailers', () => stream.sendTrailers(trailersOf(this.#body?.trailers ?? '')));
    stream.on('error', () => this.#onStreamClosed(stream));
    stream.on('close', () => this.#onStreamClosed(stream));
  }

  #feed(body: TextBody, bytes: Buffer): boolean {
    const stream = this.#stream;
    if (!stream || stream.destroyed) return true;
    const counter = this.#sentMessages;
    const open = body.feed(bytes, counter ? counted(stream, counter) : stream);
    if (!body.ended) return open;
    this.#sent = true;
    if (!stream.writableEnded) stream.end();
    return true;
  }

  #onInterim(headers: IncomingHttpHeaders & IncomingHttpStatusHeader, _flags: number): void {
    const status = headers[':status'] ?? 0;
    if (status > 100 && status < 200 && status !== 101) this.push(responseText(headers, status, 'none'), 'latin1');
  }

  #onResponse(headers: IncomingHttpHeaders & IncomingHttpStatusHeader, flags: number): void {
    const ends = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const length = headers['content-length'];
    this.#framing = ends || this.#toHead ? 'none' : framingOf(headers, this.#takesTrailers);
    const status = headers[':status'] ?? 0;
    const bodiless = this.#toHead || status === 204 || status === 304;
    // Without a length an answer of HTTP/1.1 would go on to the end of the connection.
    const extra = ends && !bodiless && length === undefined ? 'content-length: 0\r\nconnection: close\r\n' : CLOSE;
    this.#answered = this.#framing === 'none';
    this.push(responseText(headers, status, this.#framing, extra), 'latin1');
    // Not before: Node tells of the head a tick after it has read it, and of data that came with it at once.
    this.#stream?.on('data', (bytes: Buffer) => this.#onData(bytes));
  }

  #onData(bytes: Buffer): void {
    this.#receivedMessages?.read(bytes);
    let open: boolean;
    if (this.#framing === 'length') open = this.push(bytes);
    else {
      this.push(`${bytes.length.toString(16)}\r\n`, 'latin1');
      this.push(bytes);
      open = this.push('\r\n', 'latin1');
    }
    if (!open) this.#stream?.pause();
  }

  #onResponseEnd(): void {
    if (this.#framing === undefined || this.#stream?.aborted === true || this.#answered) return;
    this.#answered = true;
    if (this.#framing === 'chunked') this.push(lastChunkText(this.#trailers), 'latin1');
  }

  #onStreamClosed(stream: ClientHttp2Stream): void {
    if (this.#answered || this.destroyed) return;
    const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM && this.#framing === undefined;
    this.destroy(refused ? new Unprocessed('the endpoint refused the stream') : new Error('the stream broke'));
  }

  override _final(callback: () => void): void {
    this.#stream?.end();
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const stream = this.#stream;
    this.#afterDrain = undefined;
    if (stream && !stream.closed) {
      // close() ends the stream in good order first: a part of a request would look whole.
      if (!this.#sent) stream.destroy(new Error('the request broke off'));
      else if (!this.#answered) stream.close(constants.NGHTTP2_CANCEL);
    }
    callback(error);
  }
}

function counted(stream: ClientHttp2Stream, counter: MessageCounter): Pick<ClientHttp2Stream, 'write'> {
  const write = (bytes: Buffer): boolean => {
    counter.read(bytes);
    return stream.write(bytes);
  };
  return { write };
}

const CLOSE = 'connection: close\r\n';
