/**
 * Three arms. A candidate that has just started has cold caches, empty pools and a runtime that is not warm: beside a baseline
 * that has run for weeks it looks slow. With a fresh baseline it is compared with its like, of the same age and share.
 */
import type { ArmRow } from '../contracts/telemetry.ts';
import { PPM } from '../contracts/units.ts';
import type { Terms } from './story.ts';

/** The rows that are compared: the candidate beside the fresh baseline, where there is one; each gets half of their requests. */
export function comparedRows({ freshBaseline }: Terms, rows: readonly ArmRow[]): readonly ArmRow[] {
  if (freshBaseline === undefined) return rows;
  return rows
    .filter((row) => row.arm !== 'baseline' && row.candidatePpm > 0)
    .map((row) => ({ ...row, candidatePpm: PPM / 2, arm: row.arm === 'fresh' ? 'baseline' : row.arm }));
}

/** The rows as if there were two arms: the fresh baseline is a part of the baseline. */
export function twoArms(rows: readonly ArmRow[]): readonly ArmRow[] {
  return rows.map((row) => (row.arm === 'fresh' ? { ...row, arm: 'baseline' } : row));
}
