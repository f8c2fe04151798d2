/** A request that was asked of both versions, and of the baseline twice: the answers, as the proxy lets them out. */
import { z } from 'zod';
import { PPM } from './units.ts';

/** What writes (all but GET, HEAD, OPTIONS) may do under a shadow experiment. */
export const SHADOW_WRITES = ['never', 'candidate', 'both'] as const;

/** In an overlay: the baseline's requests are copied to the candidate, and some of them are compared. */
export const OverlayShadow = z.strictObject({
  /** Of the requests that take part, so many are copied to the candidate. */
  mirrorPpm: z.int().min(0).max(PPM),
  /** Of the copied ones, so many are compared: the baseline gets a copy too. */
  comparePpm: z.int().min(0).max(PPM),
  writes: z.enum(SHADOW_WRITES),
  /** Of one proxy. */
  maxComparedPerSecond: z.int().min(1),
  /** Of a body that is longer only a digest goes up. */
  maxBodyBytes: z.int().min(0),
  /** Header fields and JSON members of these names leave the proxy as digests only; lower case. */
  redact: z.array(z.string()),
});
export type OverlayShadow = z.output<typeof OverlayShadow>;

/** `digest`: keyed with a secret of the proxy; equal bytes of one request have equal digests, and nothing else is told. */
export const ComparedBody = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('json'), value: z.unknown() }),
  z.object({ kind: z.literal('bytes'), digest: z.string(), bytes: z.int().min(0), cut: z.boolean() }),
]);
export type ComparedBody = z.output<typeof ComparedBody>;

export const ComparedAnswer = z.object({
  /** 0: no answer came. */
  status: z.int().min(0),
  /** By lower-case name; several fields of one name are joined by a comma and a space. */
  headers: z.record(z.string(), z.string()),
  body: ComparedBody,
  latencyUs: z.int().min(0),
});
export type ComparedAnswer = z.output<typeof ComparedAnswer>;

export const ComparisonSample = z.object({
  experimentId: z.string(),
  epoch: z.int().min(0),
  method: z.string(),
  /** Without the query. */
  path: z.string(),
  /** What the user got. */
  baseline: ComparedAnswer,
  candidate: ComparedAnswer,
  /** The baseline asked again: what differs here is noise. */
  again: ComparedAnswer,
});
export type ComparisonSample = z.output<typeof ComparisonSample>;

/** Of one experiment, since the last report. */
export const Comparisons = z.object({
  experimentId: z.string(),
  samples: z.array(ComparisonSample),
  /** Copies to the candidate. */
  mirrored: z.int().min(0),
  /** Comparisons that were given up, or had no room: they say nothing. */
  dropped: z.int().min(0),
});
export type Comparisons = z.output<typeof Comparisons>;
