/** How often the proxies hear that we live, and the timer that tells them. */
import type { Document } from '../../contracts/document.ts';
import type { Overlay } from '../../contracts/overlay.ts';

/** Two heartbeats may be lost before a lease runs out. */
const HEARTBEATS_PER_LEASE = 3;
const SLOWEST_UNDER_LEASE_MS = 1_000;
const IDLE_MS = 3_000;
const FASTEST_MS = 50;

/** Pure. @returns ms from one heartbeat to the next, by the shortest lease that stands on them */
export function heartbeatEveryMs(overlays: readonly Overlay[], config: readonly Document[]): number {
  const leasesMs = [
    ...overlays.map((overlay) => overlay.leaseMs),
    ...config.flatMap((document) => (document.kind === 'Fault' ? [document.spec.lease] : [])),
  ];
  if (leasesMs.length === 0) return IDLE_MS;
  return Math.max(FASTEST_MS, Math.min(SLOWEST_UNDER_LEASE_MS, Math.min(...leasesMs) / HEARTBEATS_PER_LEASE));
}

export class Heartbeat {
  readonly #beat: () => void;
  #everyMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(beat: () => void) {
    this.#beat = beat;
  }

  /** A rhythm that stays is not disturbed: changes that come fast must not put the next beat off for ever. */
  every(ms: number): void {
    if (ms === this.#everyMs) return;
    this.#everyMs = ms;
    clearInterval(this.#timer);
    this.#timer = setInterval(this.#beat, ms);
    this.#beat();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
