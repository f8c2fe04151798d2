/** Black hole: nothing passes, not even an end; after a time without bytes the connection is closed, where one is given. */
import { Timer } from '../../timer-wheel.ts';
import type { Finish, Outlet, StageContext, TcpFaultKind, TcpStage } from './stage.ts';

export const blackHole: TcpFaultKind = ({ blackHole: spec }) =>
  spec && { type: 'tcp-black-hole', open: (context, next) => new BlackHole(context, next, spec.timeout) };

class BlackHole implements TcpStage {
  readonly #context: StageContext;
  readonly #timeoutMs: number;
  readonly #timer: Timer;
  #lost = false;
  #finish: Finish | undefined;

  constructor(context: StageContext, next: Outlet, timeoutMs: number) {
    this.#context = context;
    this.#timeoutMs = timeoutMs;
    this.#timer = new Timer(() => {
      context.acts();
      next.finish('close');
    });
    this.#arm();
  }

  onBytes(bytes: Buffer): void {
    this.#context.acts();
    this.#lost = true;
    this.#context.dropped(bytes.length);
    this.#arm();
  }

  onFinish(how: Finish): void {
    this.#finish = how;
  }

  /** With a part missing the connection is of no use to either side. */
  release(next: Outlet): void {
    this.cancel();
    const how = this.#lost ? 'close' : this.#finish;
    if (how !== undefined) next.finish(how);
  }

  cancel(): void {
    this.#context.wheel.cancel(this.#timer);
  }

  #arm(): void {
    if (this.#timeoutMs > 0) this.#context.wheel.arm(this.#timer, this.#timeoutMs);
  }
}
