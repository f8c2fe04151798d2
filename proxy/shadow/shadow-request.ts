/**
 * The copy of one request on its way to a shadow version. Nobody waits for its answer; when the version does not keep up
 * the copy is dropped and counted.
 */
import type { ResponseHead } from '../http1/head.ts';
import type { Runtime } from '../runtime.ts';
import { Timer } from '../timer-wheel.ts';
import type { UpstreamConnection, UpstreamUser } from '../upstream/connection.ts';
import type { Endpoint } from '../upstream/endpoint.ts';
import type { AnswerCapture } from './capture.ts';
import type { DropReason, ShadowLoad } from './shadow-load.ts';

/** What may wait for a version that does not read. */
export const MAX_WAITING_BYTES = 256 * 1024;
/** A copy that is not answered by then is given up. */
const TIMEOUT_MS = 15_000;

export class ShadowRequest implements UpstreamUser {
  readonly isHeadRequest: boolean;
  readonly tunnel = '';
  readonly #runtime: Runtime;
  readonly #load: ShadowLoad;
  readonly #capture: AnswerCapture | undefined;
  readonly #timer: Timer;
  #connection: UpstreamConnection | undefined;
  #ready = false;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #complete = false;
  #over = false;

  /** @param head - as it is written, latin1 @param capture - keeps the answer for the comparison */
  constructor(runtime: Runtime, load: ShadowLoad, head: string, isHead: boolean, capture: AnswerCapture | undefined) {
    this.#runtime = runtime;
    this.#load = load;
    this.isHeadRequest = isHead;
    this.#capture = capture;
    this.#timer = new Timer(() => this.#fail());
    this.#waiting.push(Buffer.from(head, 'latin1'));
    load.inFlight++;
  }

  start(endpoint: Endpoint): void {
    this.#runtime.wheel.arm(this.#timer, TIMEOUT_MS);
    this.#connection = endpoint.send(this, false);
  }

  get isRequestSent(): boolean {
    return this.#complete && this.#waiting.length === 0;
  }

  /** @param parts - framed as for any endpoint @param complete - no more comes */
  body(parts: readonly Buffer[], complete: boolean): void {
    if (this.#over) return;
    this.#complete = complete;
    for (const part of parts) this.#waiting.push(part);
    this.#waitingBytes += parts.reduce((sum, part) => sum + part.length, 0);
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.drop('slow');
    else this.#flush();
  }

  /** The request itself is over: what it did not send will never come. */
  requestEnded(): void {
    if (!this.#over && !this.#complete) this.drop('unfinished');
  }

  drop(reason: DropReason): void {
    if (this.#over) return;
    this.#load.dropped[reason]++;
    this.#capture?.giveUp();
    this.#end(true);
  }

  onUpstreamReady(connection: UpstreamConnection): void {
    this.#connection = connection;
    this.#ready = true;
    this.#flush();
  }

  /** Writes what waits while the connection takes it. */
  #flush(): void {
    const connection = this.#connection;
    if (!this.#ready || !connection || this.#waiting.length === 0) return;
    this.#ready = connection.write(Buffer.concat(this.#waiting));
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  onUpstreamDrain(): void {
    this.#ready = true;
    this.#flush();
  }

  onInterimHead(): void {
    // Nobody waits for it.
  }

  onResponseHead(_: UpstreamConnection, head: ResponseHead, complete: boolean, bodyText: string): boolean {
    this.#capture?.head(head);
    if (!complete) return true;
    if (bodyText !== '') this.#capture?.body(Buffer.from(bodyText, 'latin1'));
    this.#answered();
    return true;
  }

  onResponseBody(_: UpstreamConnection, bytes: Buffer): void {
    this.#capture?.framedBody(bytes);
  }

  onResponseEnd(): void {
    this.#answered();
  }

  onTunnelData(): void {
    this.#fail();
  }

  onTunnelEnd(): void {
    this.#fail();
  }

  onTunnelClosed(): void {
    this.#fail();
  }

  onUpstreamFailure(): void {
    this.#connection = undefined;
    this.#fail();
  }

  #answered(): void {
    if (this.#over) return;
    this.#load.answered++;
    this.#capture?.end();
    this.#end(false);
  }

  #fail(): void {
    if (this.#over) return;
    this.#load.failed++;
    this.#capture?.fail();
    this.#end(true);
  }

  #end(abort: boolean): void {
    this.#over = true;
    this.#load.inFlight--;
    this.#runtime.wheel.cancel(this.#timer);
    this.#waiting = [];
    if (abort) this.#connection?.destroy();
    this.#connection = undefined;
  }
}
