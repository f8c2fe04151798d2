/** What a shadow experiment has seen: per field, how often it differed and where. Plain data that survives JSON. */
import { z } from 'zod';
import type { ComparisonSample } from '../../contracts/comparison.ts';
import { bucketOf } from '../../contracts/histogram.ts';
import type { SparseBuckets } from '../../contracts/histogram.ts';
import { Buckets } from '../../contracts/telemetry.ts';
import { ASPECTS, compareAnswers } from './difference.ts';
import type { Comparison, DiffRules } from './difference.ts';

const Count = z.int().min(0);

export const Example = z.object({ request: z.string(), baseline: z.string(), candidate: z.string() });

/** One aspect of one field; a hypothesis of its own. */
export const FieldCounts = z.object({
  /** While learning: how often the baseline's two answers differed. */
  noise: Count,
  /** After that: in the candidate's answer only, in the baseline's second answer only, in both. */
  candidateOnly: Count,
  againOnly: Count,
  both: Count,
  examples: z.array(Example),
});
export type FieldCounts = z.output<typeof FieldCounts>;

export const ShadowTable = z.object({
  /** Requests of which the noise was learnt, and requests that were compared after that. */
  learnt: Count,
  pairs: Count,
  /** Copies to the candidate, and comparisons that came to nothing. */
  mirrored: Count,
  dropped: Count,
  /** By path, and by `path (shape)`. */
  fields: z.record(z.string(), FieldCounts),
  /** Pairs of answers in which the candidate took longer than the tolerance allows, and the other ones. */
  slower: Count,
  notSlower: Count,
  candidateLatency: Buckets,
  againLatency: Buckets,
});
export type ShadowTable = z.output<typeof ShadowTable>;

export const NOTHING_COMPARED: ShadowTable = {
  learnt: 0,
  pairs: 0,
  mirrored: 0,
  dropped: 0,
  fields: {},
  slower: 0,
  notSlower: 0,
  candidateLatency: [],
  againLatency: [],
};

/** Fields of all answers; what comes after them is counted together. */
const MAX_FIELDS = 1_000;
export const OTHER_FIELDS = 'fields beyond the first thousand';
const EXAMPLES_PER_FIELD = 3;
const UNSEEN: FieldCounts = { noise: 0, candidateOnly: 0, againOnly: 0, both: 0, examples: [] };

export type TableRules = DiffRules & {
  /** How much slower, as a share of the baseline's second answer, still counts as not slower. */
  readonly tolerance: number;
  /** Answers of which the noise is learnt before anything is judged. */
  readonly learn: number;
};

/** Takes samples in. `table` itself stays as it was. */
export function addSamples(table: ShadowTable, samples: readonly ComparisonSample[], rules: TableRules): ShadowTable {
  if (samples.length === 0) return table;
  const next: ShadowTable = { ...table, fields: { ...table.fields } };
  for (const sample of samples) {
    const again = compareAnswers(sample.baseline, sample.again, rules);
    if (next.learnt < rules.learn) learn(next, again);
    else addPair(next, sample, compareAnswers(sample.baseline, sample.candidate, rules), again, rules.tolerance);
  }
  for (const arm of ['candidate', 'again'] as const) {
    const latencies = samples.filter((s) => s[arm].status !== 0).map((s) => bucketOf(s[arm].latencyUs));
    next[`${arm}Latency`] = addBuckets(next[`${arm}Latency`], latencies);
  }
  return next;
}

function learn(table: ShadowTable, again: Comparison): void {
  table.learnt++;
  for (const [path, { differs }] of again) {
    for (const aspect of ASPECTS) {
      if (differs[aspect] === undefined) continue;
      const name = nameIn(table, path, aspect);
      const counts = table.fields[name] ?? UNSEEN;
      table.fields[name] = { ...counts, noise: counts.noise + (differs[aspect] ? 1 : 0) };
    }
  }
}

function addPair(
  table: ShadowTable,
  sample: ComparisonSample,
  candidate: Comparison,
  again: Comparison,
  tolerance: number,
): void {
  table.pairs++;
  // What falls together under one name counts once a request: pairs are what is independent.
  const outcomes = new Map<string, { byCandidate: boolean; byAgain: boolean; path: string }>();
  for (const path of new Set([...candidate.keys(), ...again.keys()])) {
    for (const aspect of ASPECTS) {
      const [ofCandidate, ofAgain] = [candidate, again].map((c) => c.get(path)?.differs[aspect]);
      if (ofCandidate === undefined && ofAgain === undefined) continue;
      const name = nameIn(table, path, aspect);
      const before = outcomes.get(name) ?? { byCandidate: false, byAgain: false, path };
      const byCandidate = before.byCandidate || ofCandidate === true;
      const byAgain = before.byAgain || ofAgain === true;
      outcomes.set(name, { byCandidate, byAgain, path });
      table.fields[name] ??= UNSEEN;
    }
  }
  for (const [name, { byCandidate, byAgain, path }] of outcomes) {
    const counts = table.fields[name] ?? UNSEEN;
    if (byCandidate && byAgain) table.fields[name] = { ...counts, both: counts.both + 1 };
    else if (byAgain) table.fields[name] = { ...counts, againOnly: counts.againOnly + 1 };
    else if (byCandidate) table.fields[name] = candidateDiffers(counts, sample, candidate, path);
  }
  addLatency(table, sample, tolerance);
}

function candidateDiffers(
  counts: FieldCounts,
  { method, path: target }: ComparisonSample,
  candidate: Comparison,
  path: string,
): FieldCounts {
  const candidateOnly = counts.candidateOnly + 1;
  if (counts.examples.length >= EXAMPLES_PER_FIELD) return { ...counts, candidateOnly };
  const { left = '', right = '' } = candidate.get(path) ?? {};
  const example = { request: `${method} ${target}`.slice(0, 120), baseline: left, candidate: right };
  return { ...counts, candidateOnly, examples: [...counts.examples, example] };
}

/** Of both answers the proxy asked at the same moment, so that they met the same machine. */
function addLatency(table: ShadowTable, { candidate, again }: ComparisonSample, tolerance: number): void {
  if (candidate.status === 0 || again.status === 0) return;
  if (candidate.latencyUs > again.latencyUs * (1 + tolerance)) table.slower++;
  else table.notSlower++;
}

function nameIn(table: ShadowTable, path: string, aspect: 'value' | 'shape'): string {
  const name = aspect === 'value' ? path : `${path} (shape)`;
  if (table.fields[name] !== undefined) return name;
  return Object.keys(table.fields).length < MAX_FIELDS ? name : OTHER_FIELDS;
}

function addBuckets(into: SparseBuckets, buckets: readonly number[]): [number, number][] {
  const sum = new Map<number, number>(into);
  for (const bucket of buckets) sum.set(bucket, (sum.get(bucket) ?? 0) + 1);
  return [...sum].sort(([a], [b]) => a - b);
}
