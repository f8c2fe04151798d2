/** The chain of body filters of one answer, from the endpoint's framing to the client's. */
import type { BodyFilter, BodySink } from './body-filter.ts';
import { FRAMED, UNTIL_CLOSE } from './downstream/answer-head.ts';
import type { BodyEnd } from './downstream/answer-head.ts';
import { ChunkedDecoder } from './http1/chunked.ts';
import type { RequestHead, ResponseHead } from './http1/head.ts';
import { isBodiless } from './http1/parse-response.ts';

/** What the pipe needs of its exchange. */
export type PipeOwner = {
  readonly writeToClient: (bytes: Buffer) => boolean;
  readonly resumeSource: () => void;
  readonly ended: () => void;
  readonly broken: () => void;
};

/** @param chunkedIn - the endpoint's bytes are in the chunked coding @param chunkedOut - the client's shall be */
export class BodyPipe {
  readonly #owner: PipeOwner;
  readonly #decoder: ChunkedDecoder | undefined;
  readonly #chunkedOut: boolean;
  readonly #stages: Stage[] = [];
  readonly #first: Receiver;
  #closed = false;

  constructor(filters: readonly BodyFilter[], chunkedIn: boolean, chunkedOut: boolean, owner: PipeOwner) {
    this.#owner = owner;
    this.#decoder = chunkedIn ? new ChunkedDecoder() : undefined;
    this.#chunkedOut = chunkedOut;
    let next: Receiver = { push: (bytes) => this.#toClient(bytes), finish: () => this.#finished() };
    for (const filter of filters.toReversed()) {
      const stage: Stage = new Stage(filter, next, this);
      this.#stages.unshift(stage);
      next = stage;
    }
    this.#first = next;
  }

  /** Bytes as the endpoint framed them. @returns false: wait for owner.resumeSource */
  push(bytes: Buffer): boolean {
    const decoder = this.#decoder;
    if (!decoder) return this.#first.push(bytes);
    return decoder.decode(bytes, (body) => this.#first.push(body));
  }

  /** The endpoint's answer is complete. */
  finish(): void {
    this.#first.finish();
  }

  onDrain(): void {
    for (const stage of this.#stages) stage.drain();
    this.resumeSource();
  }

  cancel(): void {
    this.#closed = true;
    for (const stage of this.#stages) stage.cancel();
  }

  resumeSource(): void {
    if (!this.#closed && this.#stages.every((stage) => !stage.busy)) this.#owner.resumeSource();
  }

  breakOff(): void {
    if (!this.#closed) this.#owner.broken();
  }

  #toClient(bytes: Buffer): boolean {
    if (this.#closed || bytes.length === 0) return true;
    if (!this.#chunkedOut) return this.#owner.writeToClient(bytes);
    const size = Buffer.from(`${bytes.length.toString(16)}\r\n`, 'latin1');
    return this.#owner.writeToClient(Buffer.concat([size, bytes, CRLF]));
  }

  #finished(): void {
    if (this.#closed) return;
    if (this.#chunkedOut) this.#owner.writeToClient(LAST_CHUNK);
    this.#owner.ended();
  }
}

type Receiver = { readonly push: (bytes: Buffer) => boolean; readonly finish: () => void };

class Stage implements BodySink {
  readonly #filter: BodyFilter;
  readonly #next: Receiver;
  readonly #pipe: BodyPipe;
  busy = false;

  constructor(filter: BodyFilter, next: Receiver, pipe: BodyPipe) {
    this.#filter = filter;
    this.#next = next;
    this.#pipe = pipe;
  }

  readonly push = (bytes: Buffer): boolean => {
    this.busy = !this.#filter.onData(bytes, this);
    return !this.busy;
  };

  readonly finish = (): void => {
    this.#filter.onEnd(this);
  };

  write(bytes: Buffer): boolean {
    return this.#next.push(bytes);
  }

  end(): void {
    this.#next.finish();
  }

  breakOff(): void {
    this.#pipe.breakOff();
  }

  ready(): void {
    this.busy = false;
    this.#pipe.resumeSource();
  }

  drain(): void {
    this.#filter.onDrain?.(this);
  }

  cancel(): void {
    this.#filter.cancel();
  }
}

const CRLF = Buffer.from('\r\n', 'latin1');
const LAST_CHUNK = Buffer.from('0\r\n\r\n', 'latin1');

/** Whether there is a body that filters could act on. */
export function hasBody(head: ResponseHead, isHeadRequest: boolean): boolean {
  return !isBodiless(head.status, isHeadRequest) && head.contentLength !== 0;
}

/** How the client will know the end: by the length that came where all filters keep it, else chunked, or by closing. */
export function pipeFraming(
  head: ResponseHead,
  request: RequestHead,
  filters: readonly BodyFilter[],
): { readonly bodyEnd: BodyEnd; readonly chunkedOut: boolean } {
  if (head.contentLength > 0 && filters.every((filter) => filter.keepsLength)) {
    return { bodyEnd: FRAMED, chunkedOut: false };
  }
  head.lengthVoid = head.contentLength >= 0;
  head.chunked = request.minor === 1;
  return head.chunked ? { bodyEnd: FRAMED, chunkedOut: true } : { bodyEnd: UNTIL_CLOSE, chunkedOut: false };
}
