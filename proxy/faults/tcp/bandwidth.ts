/** Bandwidth: bytes go on at a rate. A connection that was quiet has not saved anything up. */
import { Timer } from '../../timer-wheel.ts';
import type { Finish, Outlet, StageContext, TcpFaultKind, TcpStage } from './stage.ts';
import { give } from './waiting.ts';

/** How often a part goes on. */
const PACE_MS = 20;

export const bandwidth: TcpFaultKind = ({ bandwidth: spec }) =>
  spec && { type: 'tcp-bandwidth', open: (context, next) => new Bandwidth(context, next, spec.bytesPerSecond) };

class Bandwidth implements TcpStage {
  readonly #context: StageContext;
  readonly #bytesPerMs: number;
  readonly #timer: Timer;
  #waiting: (Buffer | Finish)[] = [];
  /** When the bytes that went on so far would have gone on, had they gone evenly. */
  #paidUntilMs = 0;

  constructor(context: StageContext, next: Outlet, bytesPerSecond: number) {
    this.#context = context;
    this.#bytesPerMs = bytesPerSecond / 1_000;
    this.#timer = new Timer(() => this.#pass(next));
  }

  onBytes(bytes: Buffer, next: Outlet): void {
    this.#context.acts();
    if (this.#waiting.length === 0) {
      this.#paidUntilMs = Math.max(this.#paidUntilMs, this.#context.clock.nowMs());
    }
    this.#take(bytes, next);
  }

  onFinish(how: Finish, next: Outlet): void {
    if (this.#waiting.length === 0) next.finish(how);
    else this.#take(how, next);
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
    const nowMs = this.#context.clock.nowMs();
    let earned = Math.max(0, Math.floor((nowMs - this.#paidUntilMs) * this.#bytesPerMs));
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const size = typeof first === 'string' ? 0 : Math.min(first.length, earned);
      if (typeof first !== 'string' && size === 0) break;
      this.#waiting.shift();
      if (typeof first === 'string') next.finish(first);
      else {
        if (size < first.length) this.#waiting.unshift(first.subarray(size));
        earned -= size;
        this.#paidUntilMs += size / this.#bytesPerMs;
        next.bytes(first.subarray(0, size));
      }
    }
    if (this.#waiting.length > 0 && this.#bytesPerMs > 0) this.#context.wheel.arm(this.#timer, PACE_MS);
  }
}
