/** The candidate's share as the proxies really sent it, over the last seconds. Pure. */
import type { ArmRow } from '../contracts/telemetry.ts';
import { PPM } from '../contracts/units.ts';
import { rowsOf, sumOf } from './arm-counts.ts';

const WINDOW_MS = 5_000;

export type Seen = {
  readonly atMs: number;
  readonly epoch: number;
  readonly baseline: number;
  readonly candidate: number;
};

/** Adds a report, and forgets what is older than the window. */
export function addSeen(seen: readonly Seen[], rows: readonly ArmRow[], nowMs: number): readonly Seen[] {
  const epoch = rows.reduce((latest, row) => Math.max(latest, row.epoch), 0);
  const candidate = sumOf(rowsOf(rows, 'candidate')).requests;
  const baseline = sumOf(rows).requests - candidate;
  const recent = seen.filter((s) => nowMs - s.atMs <= WINDOW_MS);
  return baseline + candidate === 0 ? recent : [...recent, { atMs: nowMs, epoch, baseline, candidate }];
}

/** @returns parts per million in this epoch, or null when no request took part in the window */
export function measuredShare(seen: readonly Seen[], epoch: number, nowMs: number): number | null {
  const recent = seen.filter((s) => s.epoch === epoch && nowMs - s.atMs <= WINDOW_MS);
  const candidate = recent.reduce((sum, s) => sum + s.candidate, 0);
  const all = recent.reduce((sum, s) => sum + s.baseline, candidate);
  return all === 0 ? null : Math.round((candidate / all) * PPM);
}
