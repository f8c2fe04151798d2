/** Checks of the arms' own requests: what was counted since the last interval ended, and the figure made of it. Pure. */
import { z } from 'zod';
import type { Check, CheckMetric } from '../contracts/check.ts';
import { quantile } from '../contracts/histogram.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { armCounts, rowsOf } from './arm-counts.ts';
import { addCounts, Counts, NO_COUNTS } from './counts.ts';

export const CheckWindow = z.object({ baseline: Counts, candidate: Counts, forMs: z.number().min(0) });
export type CheckWindow = z.output<typeof CheckWindow>;

export const EMPTY_WINDOW: CheckWindow = { baseline: NO_COUNTS, candidate: NO_COUNTS, forMs: 0 };

/** @param warmEpoch - latencies of later epochs are left out: a step that warms up */
export function addToWindow(
  window: CheckWindow,
  check: Check,
  rows: readonly ArmRow[],
  warmEpoch: number,
): CheckWindow {
  const warm = check.metric?.name === 'latency' ? rows.filter((row) => row.epoch <= warmEpoch) : rows;
  // Testers' requests have nothing to be compared with; a fixed range holds for them too.
  const judged = check.judge === 'kayenta' ? warm.filter((row) => !row.preview) : warm;
  return {
    ...window,
    baseline: addCounts(window.baseline, armCounts(rowsOf(judged, 'baseline'))),
    candidate: addCounts(window.candidate, armCounts(rowsOf(judged, 'candidate'))),
  };
}

/** Percent of the requests that succeeded, or milliseconds at the quantile; null without requests. */
export function figureOf(metric: CheckMetric, counts: Counts): number | null {
  if (counts.requests === 0) return null;
  if (metric.name === 'success-rate') return 100 * (1 - counts.errors / counts.requests);
  const us = quantile(counts.latency, metric.quantile);
  return us === undefined ? null : us / 1_000;
}
