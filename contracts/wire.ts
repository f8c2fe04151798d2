/** The messages between a proxy and the control plane, over one WebSocket at WIRE_PATH. JSON, one object a frame. */
import { z } from 'zod';
import { Comparisons } from './comparison.ts';
import { Overlay } from './overlay.ts';
import { TapEvent, TapSpec } from './tap.ts';
import { ArmRow, HitRow, TrafficRow } from './telemetry.ts';

export const WIRE_VERSION = 1;
export const WIRE_PATH = '/mesh/v1';

const Source = z.custom<Record<string, unknown>>((v) => typeof v === 'object' && v !== null);

export const NodeInfo = z.object({
  /** Chosen by the operator, unique in the mesh: `edge`, `reviews-v1`. */
  id: z.string().min(1),
  /** `host`: no proxy; it starts the processes of versions, and breaks them for Chaos experiments. */
  role: z.enum(['gateway', 'sidecar', 'shared', 'host']),
  /** The gateways that this proxy opens. */
  gateways: z.array(z.string()),
  /** The service and version that it stands beside, for a sidecar. */
  service: z.string().optional(),
  version: z.string().optional(),
  pid: z.int(),
  build: z.string(),
  admin: z.string().optional(),
});
export type NodeInfo = z.output<typeof NodeInfo>;

// ---- proxy -> control
const Hello = z.object({
  type: z.literal('hello'),
  v: z.literal(WIRE_VERSION),
  node: NodeInfo,
  configVersion: z.int().nullable(),
});
const Ack = z.object({ type: z.literal('ack'), version: z.int() });
/** The version was refused; the proxy goes on with what it had. */
const Nack = z.object({ type: z.literal('nack'), version: z.int(), code: z.string(), message: z.string() });
/** The overlays of this revision are in force (or, for those in `refused`, are not, with the reason). */
const OverlaysAck = z.object({
  type: z.literal('overlays-ack'),
  revision: z.int(),
  refused: z.array(z.object({ experimentId: z.string(), code: z.string(), message: z.string() })),
});
/** The proxy dropped the overlay by itself: its lease ran out. */
const LeaseExpired = z.object({ type: z.literal('lease-expired'), experimentId: z.string(), epoch: z.int() });
const Telemetry = z.object({
  type: z.literal('telemetry'),
  /** Rises by one with each report of this connection; a gap is a lost report. */
  seq: z.int(),
  /**
   * Names the report itself. A proxy that lost the connection before it knew whether a report had arrived sends the same
   * one again, first of all on the next connection: a report with the id of the node's last one is not counted again.
   */
  reportId: z.string().optional(),
  windowMs: z.number(),
  traffic: z.array(TrafficRow),
  arms: z.array(ArmRow),
  /** Of shadow experiments. */
  comparisons: z.array(Comparisons).optional(),
  hits: z.array(HitRow).optional(),
});
const Halted = z.object({ type: z.literal('halted'), overlays: z.int(), faults: z.int() });
/** Asks for a certificate (contracts/identity-proof.ts). */
const IdentityRequest = z.object({
  type: z.literal('identity-request'),
  /** Chosen anew by the proxy for each request, at random. */
  id: z.string().min(16).max(64),
  /** `shop`, or `gateway/edge`. */
  name: z.string().max(128),
  /** PKCS #10, in PEM, of the key that the proxy made and keeps. */
  csr: z.string().max(4_096),
  proof: z.string(),
});

/** Requests of a tap, and how many more the filter let pass than the limit. */
const Tapped = z.object({
  type: z.literal('tapped'),
  id: z.string(),
  events: z.array(TapEvent),
  skipped: z.int().min(0),
});

export const FromProxy = z.discriminatedUnion('type', [
  Hello,
  Ack,
  Nack,
  OverlaysAck,
  LeaseExpired,
  Telemetry,
  Halted,
  Tapped,
  IdentityRequest,
]);
export type FromProxy = z.output<typeof FromProxy>;

// ---- control -> proxy
/** The whole configuration (source documents of the CONFIG_KINDS). */
const Snapshot = z.object({ type: z.literal('snapshot'), version: z.int(), documents: z.array(Source) });
/** What changed since `base`. A proxy that is not at `base` answers NACK with WIRE_BASE_MISMATCH and gets a snapshot. */
const Delta = z.object({
  type: z.literal('delta'),
  base: z.int(),
  version: z.int(),
  set: z.array(Source),
  remove: z.array(z.string()),
});
/** All overlays that are in force; one that is missing is dropped at once. */
const Overlays = z.object({ type: z.literal('overlays'), revision: z.int(), overlays: z.array(Overlay) });
/** The control plane lives: the leases of these experiments (and of every configured fault) start anew. */
const Heartbeat = z.object({ type: z.literal('heartbeat'), experimentIds: z.array(z.string()) });
/** Drop all overlays and faults now. */
const Halt = z.object({ type: z.literal('halt'), reason: z.string() });
/** The answer to an identity-request. PEM; the certificate of the proxy comes first. */
const Identity = z.object({
  type: z.literal('identity'),
  id: z.string(),
  trustDomain: z.string(),
  certificate: z.string(),
  bundle: z.string(),
  proof: z.string(),
});
const IdentityRefused = z.object({
  type: z.literal('identity-refused'),
  id: z.string(),
  code: z.string(),
  message: z.string(),
});

/** Show requests, until `untap` or the end of the connection. */
const Tap = z.object({ type: z.literal('tap'), id: z.string(), spec: TapSpec });
const Untap = z.object({ type: z.literal('untap'), id: z.string() });

export const FromControl = z.discriminatedUnion('type', [
  Snapshot,
  Delta,
  Overlays,
  Heartbeat,
  Halt,
  Tap,
  Untap,
  Identity,
  IdentityRefused,
]);
export type FromControl = z.output<typeof FromControl>;
