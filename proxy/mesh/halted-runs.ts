/**
 * Runs of experiments that were halted here. The control plane sends overlays again whenever it believes that they
 * should be in force (after a lost connection, say); a halt must outlast that. A run has its own id, so a new run of
 * the same experiment is honoured: that is declaring it anew.
 */
import type { Overlay } from '../../contracts/overlay.ts';
import type { FromProxy } from '../../contracts/wire.ts';

type Refused = Extract<FromProxy, { type: 'overlays-ack' }>['refused'];

export class HaltedRuns {
  readonly #halted = new Set<string>();
  #announced: readonly string[] = [];

  /** The overlays that were received last: what a halt turns off, whether or not they are in force yet. */
  announced(overlays: readonly Overlay[]): void {
    this.#announced = overlays.map((o) => o.experimentId);
  }

  halt(): void {
    for (const id of this.#announced) this.#halted.add(id);
  }

  sift(overlays: readonly Overlay[]): { readonly allowed: readonly Overlay[]; readonly refused: Refused } {
    return {
      allowed: overlays.filter((o) => !this.#halted.has(o.experimentId)),
      refused: overlays
        .filter((o) => this.#halted.has(o.experimentId))
        .map(({ experimentId }) => ({
          experimentId,
          code: 'EXPERIMENT_ENDED',
          message: 'this run was halted at this proxy; start a new run',
        })),
    };
  }
}
