/** Limits held against counts: what the figure is, whether it holds, and whether it is surely crossed. Pure. */
import { evidenceAbove } from '../analyzer/sequential/limit.ts';
import { percent, plural } from '../analyzer/sequential/wording.ts';
import { bucketOf, quantile } from '../contracts/histogram.ts';
import type { Limit } from '../contracts/limit.ts';
import { formatDuration, PPM } from '../contracts/units.ts';
import type { Counts } from './counts.ts';

/** A guardrail ends an experiment when the odds are a thousand to one that it is crossed. */
const GUARD_EVIDENCE = 1_000;

/** `success-rate`, `latency p99`. */
export function limitName(limit: Limit): string {
  return limit.name === 'latency' ? `latency p${Number((limit.quantile * 100).toFixed(4))}` : limit.name;
}

/** @returns percent that succeeded, or milliseconds at the quantile; null without requests */
export function figureOf(limit: Limit, counts: Counts): number | null {
  if (counts.requests === 0) return null;
  if (limit.name === 'success-rate') return 100 * (1 - counts.errors / counts.requests);
  const us = quantile(counts.latency, limit.quantile);
  return us === undefined ? null : us / 1_000;
}

/** Whether the figure itself lies within the limit. @returns false without requests */
export function holds(limit: Limit, counts: Counts): boolean {
  if (counts.requests === 0) return false;
  const { bad, allowed } = badOf(limit, counts);
  return bad <= allowed * counts.requests;
}

/** The part of the requests that counts against the limit: that fail, or take longer than the quantile may. */
function badOf(limit: Limit, counts: Counts): { readonly bad: number; readonly allowed: number } {
  if (limit.name === 'success-rate') return { bad: counts.errors, allowed: 1 - limit.min / PPM };
  // A request in the limit's own bucket counts as within: buckets are 1.6 % wide.
  const last = bucketOf(limit.max * 1_000);
  const slow = counts.latency.reduce((sum, [bucket, n]) => (bucket > last ? sum + n : sum), 0);
  return { bad: slow, allowed: 1 - limit.quantile };
}

/** @returns the sentence for a limit that is surely crossed, or undefined */
export function crossed(limits: readonly Limit[], counts: Counts): string | undefined {
  for (const limit of limits) {
    const { bad, allowed } = badOf(limit, counts);
    if (evidenceAbove(bad, counts.requests, allowed) < GUARD_EVIDENCE) continue;
    return `${limitName(limit)}: ${badSentence(limit, bad, counts.requests)}, more than ${percent(allowed)} % may`;
  }
  return undefined;
}

function badSentence(limit: Limit, bad: number, all: number): string {
  return limit.name === 'success-rate'
    ? `${bad} of ${plural(all, 'request')} failed`
    : `${bad} of ${plural(all, 'request')} took longer than ${formatDuration(limit.max)}`;
}
