/** Keeps an answer for the comparison: status, fields, the body up to a cap, and how long it took. */
import { ChunkedDecoder } from '../http1/chunked.ts';
import { RANGE } from '../http1/head.ts';
import type { ResponseHead } from '../http1/head.ts';
import { CLIENT_CLOSED } from '../rescue.ts';

export type CapturedAnswer = {
  /** 0: no answer came. */
  readonly status: number;
  /** Lower-case names, in the order in which they came. */
  readonly fields: readonly (readonly [string, string])[];
  /** Cut at the cap, in the content coding that came. */
  readonly body: Buffer;
  readonly bodyCut: boolean;
  readonly latencyMs: number;
};

export class AnswerCapture {
  readonly #capBytes: number;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  readonly #done: (answer: CapturedAnswer | undefined) => void;
  #status = 0;
  #fields: [string, string][] = [];
  #decoder: ChunkedDecoder | undefined;
  readonly #parts: Buffer[] = [];
  #bytes = 0;
  #cut = false;
  #ended = false;

  /** @param done - called once, when the answer has ended or failed; undefined: nothing can be said of it */
  constructor(capBytes: number, nowMs: () => number, done: (answer: CapturedAnswer | undefined) => void) {
    this.#capBytes = capBytes;
    this.#nowMs = nowMs;
    this.#startMs = nowMs();
    this.#done = done;
  }

  head(head: ResponseHead): void {
    this.#status = head.status;
    this.#decoder = head.chunked ? new ChunkedDecoder() : undefined;
    for (let i = 0; i < head.fieldCount; i++) {
      const at = i * RANGE;
      this.#fields.push([head.text.slice(head.ranges[at], head.ranges[at + 1]).toLowerCase(), head.value(i)]);
    }
  }

  /** Bytes as the endpoint framed them. */
  framedBody(bytes: Buffer): void {
    const decoder = this.#decoder;
    if (!decoder) {
      this.body(bytes);
      return;
    }
    decoder.decode(bytes, (body) => {
      this.body(body);
      return true;
    });
  }

  /** Bytes of the body itself. */
  body(bytes: Buffer): void {
    const room = this.#capBytes - this.#bytes;
    if (bytes.length > room) this.#cut = true;
    if (room <= 0) return;
    this.#parts.push(Buffer.from(bytes.subarray(0, room)));
    this.#bytes += Math.min(room, bytes.length);
  }

  end(): void {
    this.#finish(this.#status);
  }

  /** The exchange is over. @param status - what the client got, where no endpoint's answer was seen; 0 or 499: nothing */
  close(status: number): void {
    if (this.#status !== 0) this.end();
    else if (status === 0 || status === CLIENT_CLOSED) this.giveUp();
    else this.fail(status);
  }

  /** No answer came, or one that the proxy made. @param status - of that; 0: none */
  fail(status = 0): void {
    this.#fields = [];
    this.#parts.length = 0;
    this.#cut = false;
    this.#finish(status);
  }

  /** The answer was not waited for to its end. */
  giveUp(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#done(undefined);
  }

  #finish(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#done({
      status,
      fields: this.#fields,
      body: Buffer.concat(this.#parts),
      bodyCut: this.#cut,
      latencyMs: this.#nowMs() - this.#startMs,
    });
  }
}
