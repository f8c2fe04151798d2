/** The guards of a release: fed by the same reports as the judge, and asked before anything goes on. Pure. */
import { z } from 'zod';
import { addClients, NO_TALLY } from '../analyzer/clusters/origins.ts';
import { isBehind, loadRatio } from '../analyzer/guards/answering.ts';
import type { Flow } from '../analyzer/guards/answering.ts';
import {
  countErrors,
  criticalValueOf,
  ErrorLimit,
  isOverLimit,
  startErrorLimit,
} from '../analyzer/guards/error-limit.ts';
import { countAssigned, isMismatch, NO_SPLIT, Split, splitEvidence } from '../analyzer/guards/split.ts';
import { count, evidence, percent, plural } from '../analyzer/sequential/wording.ts';
import type { Guards } from '../contracts/guards.ts';
import type { ArmRow } from '../contracts/telemetry.ts';
import { PPM } from '../contracts/units.ts';
import type { GuardEvidence } from '../contracts/verdict.ts';
import { originsOf, rowsOf, sumOf } from './arm-counts.ts';

const Seen = z.object({ started: z.number(), ended: z.number(), errors: z.number() });
type Seen = z.output<typeof Seen>;
const Arms = z.object({ baseline: Seen, candidate: Seen });
type Arms = z.output<typeof Arms>;

const NOTHING: Seen = { started: 0, ended: 0, errors: 0 };
const NO_ARMS: Arms = { baseline: NOTHING, candidate: NOTHING };

/** Plain data. `newer` and `older` are the halves of a window; `epoch` is what was counted in the present epoch. */
const Group = z.object({ requests: z.number(), failed: z.number(), errors: z.number() });
const Clients = z.object({
  groups: z.record(z.string(), Group),
  requests: z.number(),
  errors: z.number(),
  leftOut: z.number(),
});

export const GuardCounts = z.object({
  ofEpoch: z.number(),
  ppm: z.number(),
  epoch: Arms,
  newer: Arms,
  older: Arms,
  newerMs: z.number(),
  /** For so long has the candidate been overloaded beside the baseline. */
  saturatedMs: z.number(),
  /** The baseline's error rate over the last seconds that had enough of its requests. */
  common: z.number(),
  split: Split,
  errors: ErrorLimit.nullable(),
  /** One client that fails again and again is no failure of the candidate, where it stays on its arm. */
  clients: Clients.default(NO_TALLY),
});
export type GuardCounts = z.output<typeof GuardCounts>;

export const NO_GUARD_COUNTS: GuardCounts = {
  ofEpoch: -1,
  ppm: 0,
  epoch: NO_ARMS,
  newer: NO_ARMS,
  older: NO_ARMS,
  newerMs: 0,
  saturatedMs: 0,
  common: 0,
  split: NO_SPLIT,
  errors: null,
  clients: NO_TALLY,
};

const HALF_WINDOW_MS = 5_000;
const SATURATED_MS = 10_000;
/** Of the baseline, before its own error rate may raise the limit. */
const MIN_BASELINE = 50;

/**
 * Takes a report in. @param epoch - the present one @param planned - candidate requests until the deadline, or null
 */
export function takeGuards(
  kept: Guards,
  before: GuardCounts,
  rows: readonly ArmRow[],
  epoch: number,
  planned: number | null,
): GuardCounts {
  const counts = epoch === before.ofEpoch ? before : newEpoch(before, epoch);
  const assigned = rows.filter((row) => !row.preview);
  const here = seenOf(assigned.filter((row) => row.epoch === epoch));
  const newer = addArms(counts.newer, here);
  const next: GuardCounts = {
    ...counts,
    ppm: assigned.find((row) => row.epoch === epoch)?.candidatePpm ?? counts.ppm,
    epoch: addArms(counts.epoch, here),
    newer,
    common: commonRate({ ...counts, newer }),
    split: kept.sampleRatio ? assign(counts.split, assigned) : counts.split,
  };
  if (kept.errors === false) return next;
  const clients = addClients(counts.clients, originsOf(rowsOf(assigned, 'candidate')));
  const leftOut = clients.leftOut - counts.clients.leftOut;
  return { ...next, clients, errors: errorsOf(next, kept.errors.max, assigned, planned, leftOut) };
}

/** A change of the weights: what is open belongs to the old ones. */
function newEpoch(before: GuardCounts, ofEpoch: number): GuardCounts {
  return { ...before, ofEpoch, epoch: NO_ARMS, newer: NO_ARMS, older: NO_ARMS, newerMs: 0, saturatedMs: 0 };
}

function commonRate(counts: GuardCounts): number {
  const { ended, errors } = lately(counts).baseline;
  return ended >= MIN_BASELINE ? errors / ended : counts.common;
}

/** A disturbance that both arms share is no failure of the candidate: the limit rises with the baseline's own rate. */
function errorsOf(
  counts: GuardCounts,
  maxPpm: number,
  rows: readonly ArmRow[],
  planned: number | null,
  leftOut: number,
): ErrorLimit {
  const max = maxPpm / PPM;
  const limit = counts.errors ?? startErrorLimit(planned === null ? null : planned * max);
  const { requests, errors } = sumOf(rowsOf(rows, 'candidate'));
  return countErrors(limit, requests, errors - leftOut, Math.max(max, 2 * counts.common));
}

/** Rows of proxies that do not tell what they assigned say nothing here. */
function assign(split: Split, rows: readonly ArmRow[]): Split {
  const told = rows.filter((row) => row.started !== undefined);
  const started = (ppm: number, arm: 'baseline' | 'candidate'): number =>
    rowsOf(told, arm).reduce((sum, row) => sum + (row.candidatePpm === ppm ? (row.started ?? 0) : 0), 0);
  return [...new Set(told.map((row) => row.candidatePpm))].reduce(
    (next, ppm) => countAssigned(next, ppm, started(ppm, 'baseline'), started(ppm, 'candidate')),
    split,
  );
}

/** @param passedMs - without time in which nobody reported */
export function passGuards(kept: Guards, counts: GuardCounts, passedMs: number): GuardCounts {
  const newerMs = counts.newerMs + passedMs;
  const isFull = newerMs >= HALF_WINDOW_MS;
  const { saturation } = kept;
  const isSaturated = saturation !== false && loadRatio(counts.epoch, counts.ppm / PPM) >= saturation.ratio;
  return {
    ...counts,
    ...(isFull ? { older: counts.newer, newer: NO_ARMS, newerMs: 0 } : { newerMs }),
    saturatedMs: isSaturated ? counts.saturatedMs + passedMs : 0,
  };
}

/** Each guard that is kept, with what it says now; the first that is not PASS or PENDING ends the release. */
export function guardEvidence(kept: Guards, counts: GuardCounts): GuardEvidence[] {
  return [
    ...(kept.errors === false ? [] : [errorsSay(counts, kept.errors.max)]),
    ...(kept.throughput === false ? [] : [throughputSays(counts, kept.throughput.min)]),
    ...(kept.saturation === false ? [] : [saturationSays(counts, kept.saturation.ratio)]),
    ...(kept.sampleRatio ? [splitSays(counts)] : []),
  ];
}

function errorsSay({ errors }: GuardCounts, maxPpm: number): GuardEvidence {
  const name = 'errors';
  if (errors === null || errors.requests === 0) return { name, verdict: 'PENDING', rule: 'no candidate request yet' };
  const figures = `${count(errors.errors)} of ${plural(errors.requests, 'candidate request')} failed, ${percent(maxPpm / PPM)} % may`;
  const rule = `${figures}; MaxSPRT ${evidence(errors.peak)} of ${evidence(criticalValueOf(errors))}`;
  return { name, verdict: isOverLimit(errors) ? 'FAIL' : 'PASS', rule };
}

function throughputSays(counts: GuardCounts, minPpm: number): GuardEvidence {
  const name = 'throughput';
  const { baseline, candidate } = lately(counts);
  const part = (flow: Flow): string => `${count(flow.ended)} of ${count(flow.started)}`;
  const rule = `of the last seconds' requests the candidate answered ${part(candidate)}, the baseline ${part(baseline)}`;
  if (candidate.started === 0) return { name, verdict: 'PENDING', rule };
  // Half a window must have passed: what began just now cannot have been answered.
  const isOld = counts.older.candidate.started > 0;
  return { name, verdict: isOld && isBehind({ baseline, candidate }, minPpm / PPM) ? 'FAIL' : 'PASS', rule };
}

function saturationSays({ epoch, ppm, saturatedMs }: GuardCounts, ratio: number): GuardEvidence {
  const name = 'saturation';
  const open = ({ started, ended }: Flow): string => count(Math.max(0, started - ended));
  const times = loadRatio(epoch, ppm / PPM);
  const rule =
    `${open(epoch.candidate)} requests in flight in the candidate, ${open(epoch.baseline)} in the baseline` +
    (times === 0
      ? ''
      : `: ${evidence(times)} times as many, share for share, ${evidence(ratio)} for ten seconds are too many`);
  if (epoch.candidate.started === 0) return { name, verdict: 'PENDING', rule };
  return { name, verdict: saturatedMs >= SATURATED_MS ? 'FAIL' : 'PASS', rule };
}

function splitSays({ split }: GuardCounts): GuardEvidence {
  const name = 'sample-ratio';
  if (split.assigned.length === 0) return { name, verdict: 'PENDING', rule: 'nothing was divided yet' };
  const parts = split.assigned.map(
    ([ppm, b, c]) => `${percent(c / (b + c))} % of ${count(b + c)} requests at a weight of ${percent(ppm / PPM)} %`,
  );
  const rule = `the candidate got ${parts.join(', ')}: e-value ${evidence(splitEvidence(split))} of 1,000`;
  return { name, verdict: isMismatch(split) ? 'INCONCLUSIVE' : 'PASS', rule };
}

function lately({ newer, older }: GuardCounts): Arms {
  return addArms(older, newer);
}

function seenOf(rows: readonly ArmRow[]): Arms {
  const arm = (own: readonly ArmRow[]): Seen => ({
    started: own.reduce((sum, row) => sum + (row.started ?? row.requests), 0),
    ended: own.reduce((sum, row) => sum + row.requests, 0),
    errors: own.reduce((sum, row) => sum + row.errors, 0),
  });
  return { baseline: arm(rowsOf(rows, 'baseline')), candidate: arm(rowsOf(rows, 'candidate')) };
}

function addArms(a: Arms, b: Arms): Arms {
  const sum = (x: Seen, y: Seen): Seen => ({
    started: x.started + y.started,
    ended: x.ended + y.ended,
    errors: x.errors + y.errors,
  });
  return { baseline: sum(a.baseline, b.baseline), candidate: sum(a.candidate, b.candidate) };
}
