/** From the proxies' rows to what the judge takes: one batch per (epoch, share), both arms together. */
import type { Origins } from '../analyzer/clusters/origins.ts';
import type { Batch } from '../analyzer/sequential/judge.ts';
import type { SparseBuckets } from '../contracts/histogram.ts';
import type { Arm } from '../contracts/overlay.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import type { Counts } from './counts.ts';
import type { Totals } from './state.ts';

export function rowsOf(rows: readonly ArmRow[], arm: Arm): readonly ArmRow[] {
  return rows.filter((row) => row.arm === arm);
}

export function sumOf(rows: readonly ArmRow[]): { readonly requests: number; readonly errors: number } {
  return {
    requests: rows.reduce((sum, row) => sum + row.requests, 0),
    errors: rows.reduce((sum, row) => sum + row.errors, 0),
  };
}

/** Adds sparse histograms to one. */
export function mergeBuckets(into: SparseBuckets, others: readonly SparseBuckets[]): [number, number][] {
  const sum = new Map<number, number>(into);
  for (const other of others) for (const [bucket, n] of other) sum.set(bucket, (sum.get(bucket) ?? 0) + n);
  return [...sum].sort(([a], [b]) => a - b);
}

export function latencyOf(rows: readonly ArmRow[]): [number, number][] {
  return mergeBuckets(
    [],
    rows.map((row) => row.latency),
  );
}

/**
 * Rows of an older epoch keep the share that they were assigned with. Their latency is left out: they are the slow ones,
 * more of them from the slower arm, and the quick ones of the same age were left out while the epoch warmed up.
 * @param judged - the present epoch, once it is past its warm-up: its latency is judged; undefined before
 */
export function batchesOf(rows: readonly ArmRow[], judged: number | undefined): Batch[] {
  const groups = new Map<string, ArmRow[]>();
  for (const row of rows) {
    const key = `${row.epoch} ${row.candidatePpm}`;
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return [...groups.values()].map((group) => ({
    candidatePpm: group[0]?.candidatePpm ?? 0,
    baseline: armCounts(rowsOf(group, 'baseline')),
    candidate: armCounts(rowsOf(group, 'candidate')),
    judgeLatency: group[0]?.epoch === judged,
    origins: originsOf(rowsOf(group, 'candidate')),
  }));
}

export function originsOf(rows: readonly ArmRow[]): Origins {
  return {
    clients: rows.flatMap((row) => row.origins?.clients ?? []),
    endpoints: rows.flatMap((row) => row.origins?.endpoints ?? []),
  };
}

export function armCounts(rows: readonly ArmRow[]): Counts {
  return { ...sumOf(rows), latency: latencyOf(rows) };
}

export function countTotals(totals: Totals, rows: readonly ArmRow[]): Totals {
  let { baselineRequests, candidateRequests, candidateErrors, shielded } = totals;
  for (const row of rows) {
    shielded += row.shielded;
    if (row.arm !== 'candidate') baselineRequests += row.requests;
    else {
      candidateRequests += row.requests;
      candidateErrors += row.errors;
    }
  }
  return { baselineRequests, candidateRequests, candidateErrors, shielded };
}
