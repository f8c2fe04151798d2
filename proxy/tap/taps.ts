/** The taps that are open at one connection to the control plane. While there is none, requests are not looked at. */
import { parseTapFilter } from '../../contracts/tap-filter.ts';
import type { TapSpec } from '../../contracts/tap.ts';
import type { Clock, DataplaneApi } from '../dataplane-api.ts';
import { Tap } from './tap.ts';
import type { SendTapped } from './tap.ts';

/** More would make every request slow. */
const MAX_TAPS = 16;

export class Taps {
  readonly #dataplane: Pick<DataplaneApi, 'observe'>;
  readonly #clock: Clock;
  readonly #wallMs: () => number;
  readonly #stops = new Map<string, () => void>();

  constructor(dataplane: Pick<DataplaneApi, 'observe'>, clock: Clock, wallMs: () => number) {
    this.#dataplane = dataplane;
    this.#clock = clock;
    this.#wallMs = wallMs;
  }

  /** @returns why it was not opened; undefined: it was */
  start(id: string, spec: TapSpec, send: SendTapped): string | undefined {
    this.stop(id);
    if (this.#stops.size >= MAX_TAPS) return `there are ${MAX_TAPS} taps already`;
    const filter = parseTapFilter(spec.where);
    if (!filter.ok) return filter.error.message;
    const tap = new Tap(spec, filter.matches, send, this.#clock, this.#wallMs);
    const unobserve = this.#dataplane.observe(tap.observe);
    this.#stops.set(id, () => {
      unobserve();
      tap.close();
    });
    return undefined;
  }

  stop(id: string): void {
    this.#stops.get(id)?.();
    this.#stops.delete(id);
  }

  stopAll(): void {
    for (const id of [...this.#stops.keys()]) this.stop(id);
  }
}
