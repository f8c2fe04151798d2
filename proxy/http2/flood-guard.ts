/** How much unpaid work a peer may cause: a token bucket over resets, pings and settings (CVE-2023-44487 and its kin). */

export type FloodLimits = {
  /** Events at once. */
  readonly burst: number;
  readonly perSecond: number;
};

/** A client that cancels as it should stays far below; one that lives of cancelling is over it within a second. */
export const FLOOD_LIMITS: FloodLimits = { burst: 400, perSecond: 50 };

export class FloodGuard {
  readonly #limits: FloodLimits;
  #tokens: number;
  #lastMs: number;

  constructor(nowMs: number, limits: FloodLimits = FLOOD_LIMITS) {
    this.#limits = limits;
    this.#tokens = limits.burst;
    this.#lastMs = nowMs;
  }

  /** Counts one event. @returns false when the peer has gone too far */
  take(nowMs: number): boolean {
    const earned = ((nowMs - this.#lastMs) * this.#limits.perSecond) / 1_000;
    this.#lastMs = nowMs;
    this.#tokens = Math.min(this.#limits.burst, this.#tokens + earned) - 1;
    return this.#tokens >= 0;
  }
}
