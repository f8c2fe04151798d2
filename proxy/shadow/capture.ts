/** Keeps an answer for the comparison: status, fields, the body up to a cap, and how long it took. */
import { ChunkedDecoder } from '../http1/chunked.ts';
import { RANGE } from '../http1/head.ts';
import type { ResponseHead } from '../http1/head.ts';

export type CapturedAnswer = {
  /** 0: no answer came. */
  readonly status: number;
  /** Lower-case names, in the order in which they came. */
  readonly fields: readonly (readonly [string, string])[];
  /** UTF-8; cut at the cap. */
  readonly body: string;
  readonly bodyCut: boolean;
  readonly latencyMs: number;
};

export class AnswerCapture {
  readonly #capBytes: number;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  readonly #done: (answer: CapturedAnswer) => void;
  #status = 0;
  #fields: [string, string][] = [];
  #decoder: ChunkedDecoder | undefined;
  readonly #parts: Buffer[] = [];
  #bytes = 0;
  #cut = false;
  #ended = false;

  /** @param done - called once, when the answer has ended or failed */
  constructor(capBytes: number, nowMs: () => number, done: (answer: CapturedAnswer) => void) {
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
    for (let at = 0; at < bytes.length && !decoder.done;) {
      at = decoder.next(bytes, at, bytes.length);
      if (decoder.dataEnd > decoder.dataStart) this.body(bytes.subarray(decoder.dataStart, decoder.dataEnd));
    }
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

  fail(): void {
    this.#finish(0);
  }

  #finish(status: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#done({
      status,
      fields: this.#fields,
      body: Buffer.concat(this.#parts).toString('utf8'),
      bodyCut: this.#cut,
      latencyMs: this.#nowMs() - this.#startMs,
    });
  }
}
