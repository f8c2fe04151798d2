/** Reset: both sides get a TCP reset, some time after the first bytes. */
import { Timer } from '../../timer-wheel.ts';
import type { Finish, Outlet, StageContext, TcpFaultKind, TcpStage } from './stage.ts';

export const reset: TcpFaultKind = ({ reset: spec }) =>
  spec && { type: 'tcp-reset', open: (context) => new Reset(context, spec.after) };

class Reset implements TcpStage {
  readonly #context: StageContext;
  readonly #afterMs: number;
  readonly #timer: Timer;
  #begun = false;

  constructor(context: StageContext, afterMs: number) {
    this.#context = context;
    this.#afterMs = afterMs;
    this.#timer = new Timer(() => {
      context.acts();
      context.reset();
    });
    // One that is open already may be idle, and is to meet the fault all the same.
    if (context.isLate) this.#begin();
  }

  onBytes(bytes: Buffer, next: Outlet): void {
    this.#begin();
    next.bytes(bytes);
  }

  onFinish(how: Finish, next: Outlet): void {
    next.finish(how);
  }

  release(): void {
    this.cancel();
  }

  cancel(): void {
    this.#context.wheel.cancel(this.#timer);
  }

  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#context.wheel.arm(this.#timer, this.#afterMs);
  }
}
