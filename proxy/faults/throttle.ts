/** Throttle: the body leaves at a rate. The endpoint is stopped meanwhile, so that memory holds one read at most. */
import type { BodyFilter, BodySink } from '../body-filter.ts';
import { hasBody } from '../body-pipe.ts';
import type { Runtime } from '../runtime.ts';
import { Timer } from '../timer-wheel.ts';
import type { FaultKind } from './kind.ts';

/** How often a part leaves. */
const PACE_MS = 20;

export const throttle: FaultKind = ({ throttle: spec }) =>
  spec && {
    type: 'throttle',
    respond: (exchange, head, fault) => {
      if (!hasBody(head, exchange.isHeadRequest) || !fault.act(exchange, 'throttle')) return;
      exchange.filterBody(new Throttle(exchange.runtime, spec.bytesPerSecond, () => fault.active));
    },
  };

class Throttle implements BodyFilter {
  readonly keepsLength = true;
  readonly #runtime: Runtime;
  readonly #bytesPerMs: number;
  readonly #active: () => boolean;
  readonly #startMs: number;
  readonly #timer: Timer;
  #sink: BodySink | undefined;
  #waiting: Buffer = EMPTY;
  #sent = 0;
  #ended = false;

  constructor(runtime: Runtime, bytesPerSecond: number, active: () => boolean) {
    this.#runtime = runtime;
    this.#bytesPerMs = bytesPerSecond / 1_000;
    this.#active = active;
    this.#startMs = runtime.clock.nowMs();
    this.#timer = new Timer(() => this.#pump());
  }

  onData(bytes: Buffer, sink: BodySink): boolean {
    this.#sink = sink;
    this.#waiting = this.#waiting.length === 0 ? bytes : Buffer.concat([this.#waiting, bytes]);
    this.#pump();
    return this.#waiting.length === 0;
  }

  onEnd(sink: BodySink): void {
    this.#sink = sink;
    this.#ended = true;
    if (this.#waiting.length === 0) sink.end();
  }

  cancel(): void {
    this.#runtime.wheel.cancel(this.#timer);
    this.#waiting = EMPTY;
  }

  /** Once the fault is over, all that waits leaves at once. */
  #pump(): void {
    const earnedBytes = (this.#runtime.clock.nowMs() - this.#startMs) * this.#bytesPerMs - this.#sent;
    const size = this.#active() ? Math.min(this.#waiting.length, Math.max(0, Math.floor(earnedBytes))) : Infinity;
    const part = this.#waiting.subarray(0, size);
    const hadToWait = this.#timer.armed || this.#waiting.length > 0;
    this.#waiting = this.#waiting.subarray(part.length);
    this.#sent += part.length;
    if (part.length > 0) this.#sink?.write(part);
    if (this.#waiting.length > 0) this.#runtime.wheel.arm(this.#timer, PACE_MS);
    else if (this.#ended) this.#sink?.end();
    else if (hadToWait) this.#sink?.ready();
  }
}

const EMPTY = Buffer.alloc(0);
