/** The hypothesis of a Chaos experiment as a table: a row for each limit, a column for each part of the run. */
import type { CheckEvidence } from '../../contracts/verdict.ts';

export const PARTS = ['before', 'during', 'after'] as const;
export type Part = (typeof PARTS)[number];
export type SteadyRow = { readonly limit: string; readonly parts: Readonly<Partial<Record<Part, CheckEvidence>>> };

/** @param checks - named `LIMIT PART`: `latency p99 during` */
export function steadyRows(checks: readonly CheckEvidence[]): readonly SteadyRow[] {
  const rows = new Map<string, Partial<Record<Part, CheckEvidence>>>();
  for (const check of checks) {
    const part = PARTS.find((p) => check.name.endsWith(` ${p}`));
    if (part === undefined) continue;
    const limit = check.name.slice(0, -part.length - 1);
    rows.set(limit, { ...rows.get(limit), [part]: check });
  }
  return [...rows].map(([limit, parts]) => ({ limit, parts }));
}

/** What is wanted: `at least 99 %`, `at most 300 ms`. */
export function wanted({ range: { min, max } }: CheckEvidence): string {
  return min === undefined ? `at most ${max ?? '?'} ms` : `at least ${min} %`;
}

export function figure({ value, range }: CheckEvidence): string | null {
  if (value === null) return null;
  return range.min === undefined ? `${Number(value.toFixed(1))} ms` : `${Number(value.toFixed(2))} %`;
}
