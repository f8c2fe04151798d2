/** From the proxies' rows to what the judge takes: one batch per (epoch, share), both arms together. */
import type { Batch } from '../analyzer/sequential/judge.ts';
import type { SparseBuckets } from '../contracts/histogram.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import type { Totals } from './state.ts';
import { rowsOf } from './state.ts';

/** Adds the latencies of the rows to a sparse histogram. */
export function mergeLatency(into: SparseBuckets, rows: readonly ArmRow[]): SparseBuckets {
  const sum = new Map<number, number>(into);
  for (const row of rows) for (const [bucket, n] of row.latency) sum.set(bucket, (sum.get(bucket) ?? 0) + n);
  return [...sum].sort(([a], [b]) => a - b);
}

/** Rows of an older epoch keep the share that they were assigned with. */
export function batchesOf(rows: readonly ArmRow[], judgeLatency: boolean): Batch[] {
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
    judgeLatency,
  }));
}

function armCounts(rows: readonly ArmRow[]): Batch['baseline'] {
  return {
    requests: rows.reduce((sum, r) => sum + r.requests, 0),
    errors: rows.reduce((sum, r) => sum + r.errors, 0),
    latency: mergeLatency([], rows),
  };
}

export function countTotals(totals: Totals, rows: readonly ArmRow[]): Totals {
  let { baselineRequests, candidateRequests, candidateErrors, shielded } = totals;
  for (const row of rows) {
    shielded += row.shielded;
    if (row.arm === 'baseline') baselineRequests += row.requests;
    else {
      candidateRequests += row.requests;
      candidateErrors += row.errors;
    }
  }
  return { baselineRequests, candidateRequests, candidateErrors, shielded };
}
