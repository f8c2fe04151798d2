/** From the proxies' rows to what the judge takes: one batch per (epoch, share), both arms together. */
import type { Batch } from '../analyzer/sequential/judge.ts';
import type { Arm } from '../contracts/overlay.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import type { State, Totals } from './state.ts';

export function rowsOf(rows: readonly ArmRow[], arm: Arm): readonly ArmRow[] {
  return rows.filter((row) => row.arm === arm);
}

export function sumOf(rows: readonly ArmRow[]): { readonly requests: number; readonly errors: number } {
  return {
    requests: rows.reduce((sum, row) => sum + row.requests, 0),
    errors: rows.reduce((sum, row) => sum + row.errors, 0),
  };
}

/** Adds the latencies of the rows to a sparse histogram. */
export function mergeLatency(into: State['calibration'], rows: readonly ArmRow[]): State['calibration'] {
  const sum = new Map<number, number>(into);
  for (const row of rows) for (const [bucket, n] of row.latency) sum.set(bucket, (sum.get(bucket) ?? 0) + n);
  return [...sum].sort(([a], [b]) => a - b);
}

/**
 * Rows of an older epoch keep the share that they were assigned with.
 * @param warmEpoch - epochs up to this one are past their warm-up: their latency is judged
 */
export function batchesOf(rows: readonly ArmRow[], warmEpoch: number): Batch[] {
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
    judgeLatency: (group[0]?.epoch ?? 0) <= warmEpoch,
  }));
}

function armCounts(rows: readonly ArmRow[]): Batch['baseline'] {
  return { ...sumOf(rows), latency: mergeLatency([], rows) };
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
