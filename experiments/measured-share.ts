/** The candidate's share as the proxies really sent it, over the last seconds. */
import type { ArmRow } from '../contracts/telemetry.ts';
import { PPM } from '../contracts/units.ts';

const WINDOW_MS = 5_000;

export class MeasuredShare {
  #seen: { readonly atMs: number; readonly baseline: number; readonly candidate: number }[] = [];

  add(rows: readonly ArmRow[], nowMs: number): void {
    let baseline = 0;
    let candidate = 0;
    for (const row of rows) {
      if (row.arm === 'baseline') baseline += row.requests;
      else candidate += row.requests;
    }
    if (baseline + candidate > 0) this.#seen.push({ atMs: nowMs, baseline, candidate });
  }

  /** @returns parts per million, or null when no request took part in the window */
  ppm(nowMs: number): number | null {
    this.#seen = this.#seen.filter((s) => nowMs - s.atMs <= WINDOW_MS);
    const candidate = this.#seen.reduce((sum, s) => sum + s.candidate, 0);
    const all = this.#seen.reduce((sum, s) => sum + s.baseline, candidate);
    return all === 0 ? null : Math.round((candidate / all) * PPM);
  }
}
