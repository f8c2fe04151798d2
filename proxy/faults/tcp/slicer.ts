/** Slicer: bytes go on in slices, halved again and again (with a shift of the middle) until each is small enough. */
import { mix } from '../../random.ts';
import { Timer } from '../../timer-wheel.ts';
import type { Finish, Outlet, StageContext, TcpFaultKind, TcpStage } from './stage.ts';
import { give } from './waiting.ts';

export const slicer: TcpFaultKind = ({ slicer: spec }) =>
  spec && {
    type: 'tcp-slicer',
    open: (context, next) => new Slicer(context, next, spec.averageBytes, spec.variationBytes, spec.delay),
  };

class Slicer implements TcpStage {
  readonly #context: StageContext;
  readonly #averageBytes: number;
  readonly #variationBytes: number;
  readonly #delayMs: number;
  readonly #timer: Timer;
  #waiting: (Buffer | Finish)[] = [];
  #halvings = 0;

  constructor(context: StageContext, next: Outlet, averageBytes: number, variationBytes: number, delayMs: number) {
    this.#context = context;
    this.#averageBytes = averageBytes;
    this.#variationBytes = variationBytes;
    this.#delayMs = delayMs;
    this.#timer = new Timer(() => this.#pass(next));
  }

  onBytes(bytes: Buffer, next: Outlet): void {
    this.#take(bytes, next);
  }

  onFinish(how: Finish, next: Outlet): void {
    this.#take(how, next);
  }

  release(next: Outlet): void {
    this.#context.wheel.cancel(this.#timer);
    for (const what of this.#waiting.splice(0)) give(what, next);
  }

  cancel(): void {
    this.#context.wheel.cancel(this.#timer);
    this.#waiting = [];
  }

  #take(what: Buffer | Finish, next: Outlet): void {
    this.#waiting.push(what);
    if (!this.#timer.armed) this.#pass(next);
  }

  #pass(next: Outlet): void {
    for (let what = this.#waiting.shift(); what !== undefined; what = this.#waiting.shift()) {
      if (typeof what === 'string') next.finish(what);
      else {
        next.bytes(this.#slice(what));
        if (this.#delayMs > 0) {
          this.#context.wheel.arm(this.#timer, this.#delayMs);
          return;
        }
      }
    }
  }

  /** The first slice; the rest is put back in halves, so that little is held however small the slices are. */
  #slice(bytes: Buffer): Buffer {
    let part = bytes;
    while (part.length > 1 && part.length - this.#averageBytes > this.#variationBytes) {
      this.#context.acts();
      const middle = Math.min(part.length - 1, Math.max(1, (part.length >> 1) + this.#shift()));
      this.#waiting.unshift(part.subarray(middle));
      part = part.subarray(0, middle);
    }
    return part;
  }

  /** Uniform in [-variation, variation). */
  #shift(): number {
    const draw = mix((this.#context.hash ^ mix(this.#halvings++)) >>> 0) / 0x1_0000_0000;
    return Math.floor((draw * 2 - 1) * this.#variationBytes);
  }
}
