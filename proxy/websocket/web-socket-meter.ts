/** Counts one WebSocket while its bytes pass: nothing is allocated for them. */
import { FrameCounter } from './frame-counter.ts';
import { closeKey, durationKey } from './web-socket-load.ts';
import type { ClosedBy, Flow, WebSocketLoad } from './web-socket-load.ts';

export class WebSocketMeter {
  readonly #load: WebSocketLoad;
  readonly #toEndpoint = new FrameCounter();
  readonly #fromEndpoint = new FrameCounter();
  /** From the head of the request to the 101, in whole microseconds. */
  readonly handshakeUs: number;
  readonly sent: Flow = { bytes: 0, messages: 0 };
  readonly received: Flow = { bytes: 0, messages: 0 };
  closedBy: ClosedBy = 'nobody';

  constructor(load: WebSocketLoad, handshakeUs: number) {
    this.#load = load;
    this.handshakeUs = handshakeUs;
    load.opened++;
    load.open++;
  }

  /** The code of the first close frame; 0: none came. */
  get closeCode(): number {
    return this.closedBy === 'client' ? this.#toEndpoint.closeCode : this.#fromEndpoint.closeCode;
  }

  toEndpoint(bytes: Uint8Array): void {
    const messages = this.#toEndpoint.read(bytes);
    add(this.sent, bytes.length, messages);
    add(this.#load.toEndpoint, bytes.length, messages);
    if (this.closedBy === 'nobody' && this.#toEndpoint.closeCode > 0) this.closedBy = 'client';
  }

  fromEndpoint(bytes: Uint8Array): void {
    const messages = this.#fromEndpoint.read(bytes);
    add(this.received, bytes.length, messages);
    add(this.#load.fromEndpoint, bytes.length, messages);
    if (this.closedBy === 'nobody' && this.#fromEndpoint.closeCode > 0) this.closedBy = 'endpoint';
  }

  /** Once, at its end. @param openMs - since the 101 */
  end(openMs: number): void {
    const load = this.#load;
    load.open--;
    load.durationSumMs += openMs;
    bump(load.durations, durationKey(openMs));
    bump(load.closes, closeKey(this.closedBy, this.closeCode));
  }
}

function add(flow: Flow, bytes: number, messages: number): void {
  flow.bytes += bytes;
  flow.messages += messages;
}

function bump(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
