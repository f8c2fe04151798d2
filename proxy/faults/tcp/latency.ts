/** Latency: each part goes on delay ± jitter after it came, never before the one that came before it. */
import { mix } from '../../random.ts';
import { Timer } from '../../timer-wheel.ts';
import type { Finish, Outlet, StageContext, TcpFaultKind, TcpStage } from './stage.ts';
import { Waiting } from './waiting.ts';

export const latency: TcpFaultKind = ({ latency: spec }) =>
  spec && {
    type: 'tcp-latency',
    open: (context, next) => new Latency(context, next, spec.delay, spec.jitter),
  };

class Latency implements TcpStage {
  readonly #context: StageContext;
  readonly #delayMs: number;
  readonly #jitterMs: number;
  readonly #timer: Timer;
  /** With the time at which each is due. */
  readonly #waiting = new Waiting<number>();
  #parts = 0;
  #lastDueMs = 0;

  constructor(context: StageContext, next: Outlet, delayMs: number, jitterMs: number) {
    this.#context = context;
    this.#delayMs = delayMs;
    this.#jitterMs = jitterMs;
    this.#timer = new Timer(() => this.#pass(next));
  }

  onBytes(bytes: Buffer, next: Outlet): void {
    this.#context.acts();
    const jitterMs = (this.#unit() * 2 - 1) * this.#jitterMs;
    this.#lastDueMs = Math.max(this.#lastDueMs, this.#context.clock.nowMs() + this.#delayMs + jitterMs);
    this.#waiting.add(bytes, this.#lastDueMs);
    if (!this.#timer.armed) this.#pass(next);
  }

  /** An end is not delayed itself, but for what is before it. */
  onFinish(how: Finish, next: Outlet): void {
    this.#waiting.add(how, this.#lastDueMs);
    if (!this.#timer.armed) this.#pass(next);
  }

  release(next: Outlet): void {
    this.#context.wheel.cancel(this.#timer);
    this.#waiting.passAll(next);
  }

  cancel(): void {
    this.#context.wheel.cancel(this.#timer);
    this.#waiting.clear();
  }

  /** Uniform in [0, 1), the same in a replay. */
  #unit(): number {
    return mix((this.#context.hash ^ mix(this.#parts++)) >>> 0) / 0x1_0000_0000;
  }

  #pass(next: Outlet): void {
    const nowMs = this.#context.clock.nowMs();
    while (this.#waiting.head && this.#waiting.head.note <= nowMs) this.#waiting.pass(next);
    const { head } = this.#waiting;
    if (head) this.#context.wheel.arm(this.#timer, head.note - nowMs);
  }
}
