/** Slow close: the end is passed on later. */
import { Timer } from '../../timer-wheel.ts';
import type { Finish, Outlet, StageContext, TcpFaultKind, TcpStage } from './stage.ts';

export const slowClose: TcpFaultKind = ({ slowClose: spec }) =>
  spec && { type: 'tcp-slow-close', open: (context, next) => new SlowClose(context, next, spec.delay) };

class SlowClose implements TcpStage {
  readonly #context: StageContext;
  readonly #delayMs: number;
  readonly #timer: Timer;
  #finish: Finish | undefined;

  constructor(context: StageContext, next: Outlet, delayMs: number) {
    this.#context = context;
    this.#delayMs = delayMs;
    this.#timer = new Timer(() => this.release(next));
  }

  onBytes(bytes: Buffer, next: Outlet): void {
    next.bytes(bytes);
  }

  onFinish(how: Finish): void {
    this.#context.acts();
    this.#finish = how;
    this.#context.wheel.arm(this.#timer, this.#delayMs);
  }

  release(next: Outlet): void {
    this.cancel();
    const how = this.#finish;
    this.#finish = undefined;
    if (how !== undefined) next.finish(how);
  }

  cancel(): void {
    this.#context.wheel.cancel(this.#timer);
  }
}
