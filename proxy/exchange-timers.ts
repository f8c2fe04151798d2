/** The three clocks of an exchange: the whole request, one attempt, and a wait (a delay by a fault, a back-off). */
import { Timer } from './timer-wheel.ts';
import type { TimerWheel } from './timer-wheel.ts';

/** What happens when a clock runs out. */
export interface Timed {
  onDeadline(): void;
  onAttemptTimeout(): void;
  onWaitOver(): void;
}

export class ExchangeTimers {
  readonly #wheel: TimerWheel;
  readonly #deadline: Timer;
  readonly #attempt: Timer;
  readonly #wait: Timer;

  constructor(wheel: TimerWheel, owner: Timed) {
    this.#wheel = wheel;
    this.#deadline = new Timer(() => owner.onDeadline());
    this.#attempt = new Timer(() => owner.onAttemptTimeout());
    this.#wait = new Timer(() => owner.onWaitOver());
  }

  armDeadline(ms: number): void {
    this.#wheel.arm(this.#deadline, ms);
  }

  armAttempt(ms: number): void {
    this.#wheel.arm(this.#attempt, ms);
  }

  armWait(ms: number): void {
    this.#wheel.arm(this.#wait, ms);
  }

  /** The attempt is answered, perhaps by a rival while it was waiting out a delay. */
  attemptAnswered(): void {
    this.#wheel.cancel(this.#attempt);
    this.#wheel.cancel(this.#wait);
  }

  /** The attempt failed, perhaps while it was waiting out a delay. */
  attemptFailed(): void {
    this.#wheel.cancel(this.#attempt);
    this.#wheel.cancel(this.#wait);
  }

  deadlineMet(): void {
    this.#wheel.cancel(this.#deadline);
  }

  cancelAll(): void {
    this.#wheel.cancel(this.#deadline);
    this.#wheel.cancel(this.#attempt);
    this.#wheel.cancel(this.#wait);
  }
}
