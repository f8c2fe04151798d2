/**
 * Timers for the hot path: arming and cancelling are a few writes, no allocation. Coarse on purpose: a timer fires up
 * to one tick late, never early. The wheel turns only while something is armed, and never keeps the process alive.
 */
import type { Clock } from './dataplane-api.ts';

const SLOTS = 1_024;

/** One timer, reused by its owner. `fire` is called once per arming. */
export class Timer {
  readonly fire: () => void;
  dueTick = 0;
  /** The slot it is linked in, -1 when it is not armed. */
  slot = -1;
  next: Timer | undefined;
  previous: Timer | undefined;

  constructor(fire: () => void) {
    this.fire = fire;
  }

  get armed(): boolean {
    return this.slot >= 0;
  }
}

export class TimerWheel {
  readonly #clock: Clock;
  readonly #tickMs: number;
  readonly #heads: (Timer | undefined)[] = new Array<Timer | undefined>(SLOTS).fill(undefined);
  #tick: number;
  #armed = 0;
  #interval: NodeJS.Timeout | undefined;

  /** @param tickMs - resolution, > 0 */
  constructor(clock: Clock, tickMs = 5) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#tick = Math.floor(clock.nowMs() / tickMs);
  }

  /** Arms (or re-arms) a timer. @param delayMs - >= 0 */
  arm(timer: Timer, delayMs: number): void {
    if (timer.slot >= 0) this.cancel(timer);
    if (this.#armed === 0) this.#tick = Math.floor(this.#clock.nowMs() / this.#tickMs);
    timer.dueTick = Math.max(Math.ceil((this.#clock.nowMs() + delayMs) / this.#tickMs), this.#tick + 1);
    timer.slot = timer.dueTick % SLOTS;
    const head = this.#heads[timer.slot];
    timer.next = head;
    timer.previous = undefined;
    if (head) head.previous = timer;
    this.#heads[timer.slot] = timer;
    this.#armed++;
    if (this.#interval === undefined) {
      this.#interval = setInterval(() => this.advance(), this.#tickMs);
      this.#interval.unref();
    }
  }

  cancel(timer: Timer): void {
    if (timer.slot < 0) return;
    if (timer.previous) timer.previous.next = timer.next;
    else this.#heads[timer.slot] = timer.next;
    if (timer.next) timer.next.previous = timer.previous;
    timer.slot = -1;
    timer.next = undefined;
    timer.previous = undefined;
    this.#armed--;
  }

  /** Fires what is due by the clock. Called by the wheel's own interval; tests call it after moving the clock. */
  advance(): void {
    const now = Math.floor(this.#clock.nowMs() / this.#tickMs);
    const from = Math.max(this.#tick + 1, now - SLOTS + 1);
    for (let tick = from; tick <= now; tick++) {
      this.#tick = tick;
      this.#fireSlot(tick % SLOTS, now);
    }
    this.#tick = Math.max(this.#tick, now);
    if (this.#armed === 0) this.close();
  }

  #fireSlot(slot: number, now: number): void {
    let timer = this.#heads[slot];
    while (timer) {
      const next: Timer | undefined = timer.next;
      if (timer.dueTick <= now) {
        this.cancel(timer);
        timer.fire();
      }
      // A timer that fired may have unlinked the next one: then begin anew at the slot's head.
      timer = next !== undefined && next.slot !== slot ? this.#heads[slot] : next;
    }
  }

  close(): void {
    clearInterval(this.#interval);
    this.#interval = undefined;
  }
}
