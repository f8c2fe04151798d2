/**
 * A client's HTTP/2 stream, seen from the stack as the socket of a client that speaks HTTP/1.1 and sends one request.
 * Its answer is read with our own codec and leaves as frames.
 */
import { constants } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { COMPLETE, INVALID, ResponseHead } from '../http1/head.ts';
import { isBodiless, parseResponseHead } from '../http1/parse-response.ts';
import { headersOf, lastChunkText, trailersOf } from './message-text.ts';
import type { TextFraming } from './message-text.ts';
import { TextBody } from './text-body.ts';

/** Used from call to call only: nothing of it is kept. */
const HEAD = new ResponseHead();

export class ServerStreamSocket extends Duplex {
  readonly #stream: ServerHttp2Stream;
  readonly #toHead: boolean;
  readonly #framing: TextFraming;
  #requestTrailers: IncomingHttpHeaders | undefined;
  #requestEnded: boolean;
  #headText = '';
  #body: TextBody | undefined;
  #answered = false;
  /** We have reset the stream, not its client. */
  brokenOff = false;
  #afterDrain: (() => void) | undefined;

  /** @param text - of the request, from requestText with the same framing */
  constructor(stream: ServerHttp2Stream, method: string, framing: TextFraming, text: string) {
    super({ allowHalfOpen: true });
    this.remoteAddress = stream.session?.socket.remoteAddress;
    this.#stream = stream;
    this.#toHead = method === 'HEAD';
    this.#framing = framing;
    this.#requestEnded = framing === 'none';
    this.push(Buffer.from(text, 'latin1'));
    if (framing === 'none') stream.resume();
    else stream.on('data', (bytes: Buffer) => this.#onData(bytes));
    stream.on('trailers', (trailers) => (this.#requestTrailers = trailers));
    stream.on('end', () => this.#onRequestEnd());
    stream.on('drain', () => this.#onDrain());
    stream.on('wantTrailers', () => stream.sendTrailers(trailersOf(this.#body?.trailers ?? '')));
    stream.on('error', () => this.destroy());
    stream.on('close', () => this.destroy());
  }

  /** True when the whole answer was handed to the stream. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Of the connection: all its streams have it. */
  readonly remoteAddress: string | undefined;

  resetAndDestroy(): this {
    return this.destroy();
  }

  override _read(): void {
    this.#stream.resume();
  }

  #onData(bytes: Buffer): void {
    let open: boolean;
    if (this.#framing === 'length') open = this.push(bytes);
    else {
      this.push(Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1'));
      this.push(bytes);
      open = this.push(CRLF);
    }
    if (!open) this.#stream.pause();
  }

  #onRequestEnd(): void {
    if (this.#requestEnded || this.#stream.aborted) return;
    this.#requestEnded = true;
    if (this.#framing === 'chunked') this.push(Buffer.from(lastChunkText(this.#requestTrailers), 'latin1'));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    if (this.#stream.closed || this.#stream.destroyed || this.#answered || this.#take(chunk)) callback();
    else this.#afterDrain = callback;
  }

  #onDrain(): void {
    const after = this.#afterDrain;
    this.#afterDrain = undefined;
    after?.();
  }

  #take(chunk: Buffer): boolean {
    if (this.#body) return this.#feed(this.#body, chunk);
    let text = this.#headText + chunk.toString('latin1');
    this.#headText = '';
    let outcome = parseResponseHead(HEAD, text, 0);
    while (outcome === COMPLETE && HEAD.status < 200) {
      this.#stream.additionalHeaders({ ...headersOf(HEAD), ':status': HEAD.status });
      text = text.slice(HEAD.end);
      outcome = parseResponseHead(HEAD, text, 0);
    }
    if (outcome === INVALID) this.destroy();
    else if (outcome !== COMPLETE) this.#headText = text;
    else return this.#feed(this.#respond(), Buffer.from(text.slice(HEAD.end), 'latin1'));
    return true;
  }

  #respond(): TextBody {
    const headers = { ...headersOf(HEAD), ':status': HEAD.status };
    const { status, chunked, contentLength } = HEAD;
    const empty = isBodiless(status, this.#toHead) || contentLength === 0;
    const framing = empty ? 'none' : chunked ? 'chunked' : contentLength > 0 ? 'length' : 'until-close';
    if ('grpc-status' in headers) delete headers['content-length']; // trailers-only: there is no message to count
    this.#body = new TextBody(framing, contentLength);
    this.#stream.respond(headers, { endStream: empty, waitForTrailers: chunked });
    return this.#body;
  }

  #feed(body: TextBody, bytes: Buffer): boolean {
    const open = body.feed(bytes, this.#stream);
    if (body.failed) this.destroy();
    else if (body.ended) this.#finish();
    return open || this.#answered;
  }

  #finish(): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#stream.end();
  }

  /** The stack closes its side: that ends an answer without a framing of its own. */
  override _final(callback: () => void): void {
    if (this.#body) this.#finish();
    callback();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    const stream = this.#stream;
    this.#afterDrain = undefined;
    if (!this.#answered && !stream.closed) {
      this.brokenOff = true;
      // Not close(): that would end the stream in good order first, and a part of an answer would look whole.
      stream.destroy(new Error('the answer broke off'));
    } else if (!this.#requestEnded && !stream.closed) {
      // RFC 9113 8.1: the rest of the request is not wanted. Only now, after the time that the stack gives a client to
      // read its answer: a reset overtakes trailers.
      stream.close(constants.NGHTTP2_NO_ERROR);
    }
    callback(error);
  }
}

const CRLF = Buffer.from('\r\n', 'latin1');
