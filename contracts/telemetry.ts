/** What a proxy counted since its last report: deltas, never totals, so that a control plane may sum them blindly. */
import { z } from 'zod';
import { GROUPS, SLOTS } from './arm-split.ts';
import { BUCKET_COUNT } from './histogram.ts';
import { CountedArm } from './overlay.ts';

/** Sparse counts of the shared latency histogram: [bucket, count]. */
export const Buckets = z.array(
  z.tuple([
    z
      .int()
      .min(0)
      .max(BUCKET_COUNT - 1),
    z.int().min(0),
  ]),
);

/** What users saw, per route: one count per request, after retries and shield. */
export const TrafficRow = z.object({
  source: z.string(),
  service: z.string(),
  version: z.string(),
  route: z.string(),
  /** Count by status code; 0 stands for "the connection broke before an answer". */
  codes: z.record(z.string(), z.int().min(0)),
  retries: z.int().min(0),
  /** Failures on the candidate that the user never saw. */
  shielded: z.int().min(0),
  /** Faults that were injected into these requests. */
  faults: z.int().min(0),
  latencySumUs: z.number().min(0),
  latency: Buckets,
});
export type TrafficRow = z.output<typeof TrafficRow>;

const Group = z
  .int()
  .min(0)
  .max(GROUPS - 1);

/** What an arm of an A/B test adds: new keys, and goals by groups of keys. */
export const KeyedCounts = z.object({
  version: z.string(),
  /** Slots whose first key, at this proxy, is of this arm. */
  slots: z.array(
    z
      .int()
      .min(0)
      .max(SLOTS - 1),
  ),
  /** By goal: [group, times that it was reached, sum of its values]. */
  goals: z.record(z.string(), z.array(z.tuple([Group, z.int().min(0), z.number()]))),
});
export type KeyedCounts = z.output<typeof KeyedCounts>;

const Origin = z.tuple([z.string(), z.int().min(0), z.int().min(0)]);

/** What the judge sees, per arm: first attempts only, so that retries and the shield hide nothing. */
export const ArmRow = z.object({
  experimentId: z.string(),
  epoch: z.int().min(0),
  arm: CountedArm,
  /** Requests that matched the overlay's preview: nobody drew lots for them, so that they are compared with nothing. */
  preview: z.literal(true).optional(),
  /** The candidate's share of the requests that took part, when they were assigned. */
  candidatePpm: z.int().min(0),
  requests: z.int().min(0),
  /** First attempts that began, those that have not ended yet included. Absent: an older proxy. */
  started: z.int().min(0).optional(),
  /** First attempts that failed: 5xx, reset, timeout, no connection. */
  errors: z.int().min(0),
  /** Of the errors, those that the shield hid from the user. */
  shielded: z.int().min(0),
  latencySumUs: z.number().min(0),
  latency: Buckets,
  /**
   * Of the candidate of a release: [name, requests, errors] by group of clients (where the experiment is sticky) and by the
   * endpoint of the first attempt. What is not told apart is not in it.
   */
  origins: z.object({ clients: z.array(Origin), endpoints: z.array(Origin) }).optional(),
  /** Of an arm of an A/B test; `arm` is `candidate` for all but the first. */
  keyed: KeyedCounts.optional(),
});
export type ArmRow = z.output<typeof ArmRow>;

/** Requests, connections or endpoints that met a fault of an overlay. */
export const HitRow = z.object({ experimentId: z.string(), fault: z.string(), hits: z.int().min(0) });
export type HitRow = z.output<typeof HitRow>;
