/** Requests by outcome and latency, and the same over the last seconds. Pure. */
import { z } from 'zod';
import { Buckets } from '../contracts/telemetry.ts';
import { mergeBuckets } from './arm-counts.ts';

export const Counts = z.object({ requests: z.int().min(0), errors: z.int().min(0), latency: Buckets });
export type Counts = z.output<typeof Counts>;

export const NO_COUNTS: Counts = { requests: 0, errors: 0, latency: [] };

/** Two halves of a window: when the newer one is full it becomes the older one. */
export const Recent = z.object({ newer: Counts, older: Counts, newerMs: z.number().min(0) });
export type Recent = z.output<typeof Recent>;

export const NOTHING_RECENT: Recent = { newer: NO_COUNTS, older: NO_COUNTS, newerMs: 0 };
const HALF_WINDOW_MS = 5_000;

export function addCounts(a: Counts, b: Counts): Counts {
  if (b.requests === 0) return a;
  return {
    requests: a.requests + b.requests,
    errors: a.errors + b.errors,
    latency: mergeBuckets(a.latency, [b.latency]),
  };
}

export function addRecent(recent: Recent, counts: Counts): Recent {
  return { ...recent, newer: addCounts(recent.newer, counts) };
}

export function ageRecent(recent: Recent, passedMs: number): Recent {
  const newerMs = recent.newerMs + passedMs;
  if (newerMs < HALF_WINDOW_MS) return { ...recent, newerMs };
  return { newer: NO_COUNTS, older: recent.newer, newerMs: 0 };
}

/** Of the last five to ten seconds. */
export function lately({ newer, older }: Recent): Counts {
  return addCounts(older, newer);
}
