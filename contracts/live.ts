/** The live stream of the control plane to dashboards and watching commands: WebSocket at LIVE_PATH. */
import { z } from 'zod';
import { ExperimentView, JournalEntry } from './experiment.ts';
import { DeliveryView } from './notification.ts';

export { LIVE_PATH } from './paths.ts';

/** One second of one arm, for the charts of the experiment page. */
export const ArmPoint = z.object({
  arm: z.enum(['baseline', 'candidate']),
  requests: z.number(),
  errors: z.number(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export const ExperimentPoint = z.object({
  /** Unix milliseconds, whole seconds. */
  at: z.number(),
  intendedPpm: z.int(),
  arms: z.array(ArmPoint),
});
export type ExperimentPoint = z.output<typeof ExperimentPoint>;

/** One second of one service: what its users saw. */
export const ServicePoint = z.object({
  at: z.number(),
  requests: z.number(),
  errors: z.number(),
  shielded: z.number(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
});
export type ServicePoint = z.output<typeof ServicePoint>;

export const ServiceView = z.object({
  name: z.string(),
  stable: z.string(),
  versions: z.array(z.object({ name: z.string(), endpoints: z.array(z.string()), requests: z.number() })),
  /** The last 10 seconds. */
  rps: z.number(),
  successRate: z.number().nullable(),
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  /** ok, degraded (success below 99 %), failing (below 95 %), unknown (no traffic). One rule, made by the server. */
  health: z.enum(['ok', 'degraded', 'failing', 'unknown']),
  /** The last five minutes, a point a second. */
  points: z.array(ServicePoint),
});
export type ServiceView = z.output<typeof ServiceView>;

export const ProxyView = z.object({
  id: z.string(),
  role: z.string(),
  connected: z.boolean(),
  configVersion: z.int().nullable(),
  targetVersion: z.int(),
  /** ACKED, PENDING, or NACKED with the reason. */
  sync: z.enum(['ACKED', 'PENDING', 'NACKED']),
  message: z.string().nullable(),
  lastSeen: z.string(),
  lostReports: z.int(),
});
export type ProxyView = z.output<typeof ProxyView>;

export const LiveMessage = z.discriminatedUnion('type', [
  /** The first message of a connection, and once a second after it. */
  z.object({
    type: z.literal('overview'),
    at: z.number(),
    services: z.array(ServiceView.omit({ points: true }).extend({ point: ServicePoint.nullable() })),
    experiments: z.array(ExperimentView),
    proxies: z.array(ProxyView),
  }),
  /** An experiment changed. */
  z.object({ type: z.literal('experiment'), experiment: ExperimentView }),
  z.object({ type: z.literal('point'), experimentId: z.string(), point: ExperimentPoint }),
  z.object({ type: z.literal('journal'), entry: JournalEntry }),
  /** A notification waits, is delivered, was tried in vain or is given up. */
  z.object({ type: z.literal('delivery'), delivery: DeliveryView }),
]);
export type LiveMessage = z.output<typeof LiveMessage>;
