/**
 * What the data plane offers to the rest of the proxy (admin server, mesh client, composition root). The data plane
 * itself (sockets, filters, faults) is proxy/dataplane.ts; everything that talks to the outside uses only this.
 */
import type { AdmissionTotal } from './admission/admission-load.ts';
import type { EndpointView, PoolTotal } from './balancing/endpoint-view.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import type { CapName } from './faults/caps/cap.ts';
import type { FaultType } from './faults/kind.ts';
import type { Comparisons } from '../contracts/comparison.ts';
import type { SourceDocument } from '../contracts/document.ts';
import type { Overlay } from '../contracts/overlay.ts';
import type { ShadowLoad } from './shadow/shadow-load.ts';
import type { SizeTotals } from './telemetry/body-sizes.ts';
import type { TrafficKind } from './telemetry/counters.ts';
import type { OutcomeDetail } from './telemetry/outcome-details.ts';
import type { Messages } from './grpc/message-counter.ts';
import type { TcpLoad } from './tcp/tcp-load.ts';
import type { WebSocketLoad } from './websocket/web-socket-load.ts';
import type { IdentityState } from './identity/identity.ts';
import type { RequestObserver } from './runtime.ts';
import type { ArmRow, HitRow, TrafficRow } from '../contracts/telemetry.ts';

/** Totals since start, for exposition. `latency` is dense (contracts/histogram.ts) and must not be changed. */
export type TrafficTotal = {
  readonly service: string;
  readonly version: string;
  readonly route: string;
  /** [status code (0: broke before an answer), count]. */
  readonly codes: readonly (readonly [number, number])[];
  readonly retries: number;
  readonly shielded: number;
  readonly latencySumUs: number;
  readonly latency: ArrayLike<number>;
  readonly requestSizes: SizeTotals;
  readonly responseSizes: SizeTotals;
  /** Those of `codes` of which more can be said. */
  readonly details: readonly OutcomeDetail[];
  readonly kind: TrafficKind;
  /** Of calls of gRPC. */
  readonly messages: Messages;
};

export type FaultTotal = {
  readonly fault: string;
  readonly service: string;
  readonly at: 'request' | 'attempt';
  readonly type: FaultType;
  readonly injected: number;
};

/** Requests that were drawn for a fault and that a cap kept from meeting it. */
export type SparedTotal = {
  readonly fault: string;
  readonly service: string;
  readonly at: 'request' | 'attempt';
  readonly cap: CapName;
  readonly spared: number;
};

export type MetricsSnapshot = {
  readonly source: string;
  /** The service and version that a sidecar stands beside. */
  readonly beside?: { readonly service: string; readonly version?: string | undefined };
  readonly traffic: readonly TrafficTotal[];
  /** What came in to the application beside a sidecar. */
  readonly inbound: readonly TrafficTotal[];
  readonly faults: readonly FaultTotal[];
  /** Of the faults that have caps. */
  readonly spared: readonly SparedTotal[];
  /** Answers that the proxy made itself, by error code. */
  readonly errors: readonly { readonly code: ErrorCode; readonly count: number }[];
  readonly downstreamConnections: number;
  readonly downstreamConnectionsTotal: number;
  readonly upstreamConnections: number;
  readonly upstreamConnectionsTotal: number;
  readonly requestsInFlight: number;
  /** 0: there is room; 1: keep-alive is off; 2: new connections are refused. */
  readonly overload: number;
  /** Of the services with a route that hedges. */
  readonly hedges: readonly { readonly service: string; readonly started: number; readonly won: number }[];
  /** Of the services that limit what they let in. */
  readonly admission: readonly AdmissionTotal[];
  /** Of the versions that have a pool. */
  readonly pools: readonly PoolTotal[];
  /** Of the versions that got copies. */
  readonly shadows: readonly ShadowLoad[];
  /** Of the versions that got connections over TCP. */
  readonly tcp: readonly TcpLoad[];
  /** Of the versions that got WebSockets. */
  readonly webSockets: readonly WebSocketLoad[];
  readonly configVersion: number | null;
  readonly overlays: readonly {
    readonly experiment: string;
    readonly service: string;
    readonly candidatePpm: number;
    readonly leaseLeftMs: number;
  }[];
  readonly leaseExpiredTotal: number;
  /** Absent: this proxy is nobody in the mesh, and asks for no certificate. */
  readonly identity?: IdentityState;
};

export type ConfigDump = {
  readonly version: number | null;
  readonly documents: readonly SourceDocument[];
  readonly overlays: readonly (Overlay & { readonly leaseLeftMs: number })[];
  readonly faults: readonly { readonly name: string; readonly active: boolean; readonly leaseLeftMs: number }[];
  readonly listeners: readonly { readonly name: string; readonly address: string }[];
};

export interface DataplaneApi {
  /**
   * Replaces the configuration as a whole. Parses, checks, opens new listeners, swaps, closes old ones.
   * Rejects with MeshproofError CONFIG_REFUSED or ADDRESS_IN_USE; then the old configuration goes on untouched.
   */
  apply(version: number, documents: readonly SourceDocument[]): Promise<void>;
  /** Puts exactly these overlays in force, each with a fresh lease; others are dropped at once. */
  setOverlays(overlays: readonly Overlay[]): {
    readonly refused: readonly { readonly experimentId: string; readonly code: ErrorCode; readonly message: string }[];
  };
  /** Starts the leases of these overlays, and of every configured fault, anew. */
  renewLeases(experimentIds: readonly string[]): void;
  /** Drops all overlays and faults now. They come back only when they are declared anew. */
  halt(): { readonly overlays: number; readonly faults: number };
  /** Called when the proxy drops an overlay by itself: its lease ran out, or the halt switch was turned in another thread. */
  onLeaseExpired: (experimentId: string, epoch: number) => void;
  /** What was counted since the last call. */
  takeTelemetry(): Telemetry;
  /** True while any overlay is in force: then telemetry goes up every 200 ms instead of every second. */
  hasOverlays(): boolean;
  /** Tells of every request at its end. @returns stops it; a data plane that nobody observes pays nothing */
  observe(observer: RequestObserver): () => void;
  metrics(): MetricsSnapshot;
  /** The filters, outermost first, each with the sentence that says why it stands there. */
  stack(): readonly { readonly role: string; readonly why: string }[];
  config(): ConfigDump;
  /** Every endpoint as the balancing sees it. */
  endpoints(): readonly EndpointView[];
  /** True when a configuration is in force and its listeners are open. */
  ready(): boolean;
  /** Stops accepting, lets requests in flight end (at most timeoutMs), closes everything. */
  drain(timeoutMs: number): Promise<void>;
}

export type Telemetry = {
  readonly traffic: TrafficRow[];
  readonly arms: ArmRow[];
  /** undefined: nothing was compared. */
  readonly comparisons?: Comparisons[];
  /** Of the faults of experiments. undefined: none */
  readonly hits?: HitRow[];
};

/** Monotonic milliseconds. The only clock that leases, timeouts and delays may use. */
export type Clock = { readonly nowMs: () => number };
