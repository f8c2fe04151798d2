/** From when on latency is judged, after the shares have changed. */
import { settlingMs } from '../analyzer/sequential/judge.ts';
import type { JudgeState } from '../analyzer/sequential/judge.ts';

/** Two reports of a proxy under an experiment: what a report holds began to be counted with the one before. */
const REPORTS_MS = 400;
/** Whoever takes longer than this is a failure of another kind, and no step can wait for it. */
const MAX_SETTLING_MS = 30_000;

/**
 * How long after its overlay was laid an epoch is too young: for `warmup`, as declared, and until requests that are
 * as slow as those that are looked for can have ended. @param warmup - milliseconds, as declared @returns milliseconds
 */
export function warmingUpMs(warmup: number, judge: JudgeState | null): number {
  const settling = judge === null ? 0 : settlingMs(judge);
  if (settling === 0) return warmup;
  return Math.max(warmup, Math.min(settling, MAX_SETTLING_MS) + REPORTS_MS);
}
