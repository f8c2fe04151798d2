/** A tap: requests of a service as they end, live. Heads only, and nothing of them that is secret. */
import { z } from 'zod';
import { MAX_FILTER_LENGTH } from './tap-filter.ts';

export { TAP_PATH } from './paths.ts';

export const TapSpec = z.object({
  /** Absent: every service. */
  service: z.string().max(63).optional(),
  /** tap-filter.ts; empty: every request. */
  where: z.string().max(MAX_FILTER_LENGTH).default(''),
  /** More is counted, not shown. */
  maxPerSecond: z.coerce.number().int().min(1).max(1_000).default(50),
  /** The fields of the request's head too. */
  headers: z.union([z.boolean(), z.stringbool()]).default(false),
});
export type TapSpec = z.output<typeof TapSpec>;

/** One request at its end: as a line of the access log, and the fields of its head where they were asked for. */
export const TapEvent = z.looseObject({
  time: z.string(),
  durationMs: z.number(),
  method: z.string(),
  host: z.string(),
  path: z.string(),
  status: z.number(),
  service: z.string().optional(),
  route: z.string().optional(),
  version: z.string().optional(),
  experiment: z.string().optional(),
  arm: z.string().optional(),
  endpoint: z.string().optional(),
  attempts: z.number(),
  shielded: z.boolean().optional(),
  faults: z.number().optional(),
  error: z.string().optional(),
  headers: z.array(z.tuple([z.string(), z.string()])).optional(),
});
export type TapEvent = z.output<typeof TapEvent>;

/** What a tap's WebSocket sends. */
export const TapMessage = z.discriminatedUnion('type', [
  /** First: so many proxies were asked. */
  z.object({ type: z.literal('tapping'), proxies: z.int() }),
  /** `skipped`: requests that the filter let pass and the limit did not, since the last message. */
  z.object({ type: z.literal('events'), proxy: z.string(), events: z.array(TapEvent), skipped: z.int() }),
  /** Instead of all that; the socket closes. */
  z.object({ type: z.literal('refused'), code: z.string(), detail: z.string() }),
]);
export type TapMessage = z.output<typeof TapMessage>;
