/** A data plane that carries no traffic: remembers what it was told, and says what a test gave it to say. */
import type { SourceDocument } from '../../contracts/document.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { ArmRow, TrafficRow } from '../../contracts/telemetry.ts';
import type { EndpointView } from '../balancing/endpoint-view.ts';
import type { ConfigDump, DataplaneApi, MetricsSnapshot } from '../dataplane-api.ts';

export const EMPTY_METRICS: MetricsSnapshot = {
  source: 'edge',
  traffic: [],
  inbound: [],
  faults: [],
  spared: [],
  errors: [],
  downstreamConnections: 0,
  downstreamConnectionsTotal: 0,
  upstreamConnections: 0,
  upstreamConnectionsTotal: 0,
  requestsInFlight: 0,
  overload: 0,
  hedges: [],
  admission: [],
  pools: [],
  shadows: [],
  tcp: [],
  webSockets: [],
  configVersion: null,
  overlays: [],
  leaseExpiredTotal: 0,
};

export class FakeDataplane implements DataplaneApi {
  version: number | null = null;
  documents: readonly SourceDocument[] = [];
  overlays: readonly Overlay[] = [];
  renewed: string[][] = [];
  halts = 0;
  drained = false;
  isReady = true;
  snapshot: MetricsSnapshot = EMPTY_METRICS;
  /** Thrown by the next apply, or asked for each. */
  refuse: (version: number, documents: readonly SourceDocument[]) => Error | undefined = () => undefined;
  /** Apply waits for this, so that a test can look at what happens meanwhile. */
  applying: Promise<void> = Promise.resolve();
  /** Requests that were counted and not taken yet. */
  counted = 0;
  onLeaseExpired: (experimentId: string, epoch: number) => void = () => {};

  async apply(version: number, documents: readonly SourceDocument[]): Promise<void> {
    await this.applying;
    const refusal = this.refuse(version, documents);
    if (refusal) throw refusal;
    this.version = version;
    this.documents = documents;
  }

  setOverlays(overlays: readonly Overlay[]): ReturnType<DataplaneApi['setOverlays']> {
    const known = (o: Overlay): boolean => o.service !== 'unknown';
    this.overlays = overlays.filter(known);
    return {
      refused: overlays
        .filter((o) => !known(o))
        .map(({ experimentId }) => ({ experimentId, code: 'CONFIG_REFUSED', message: 'there is no such service' })),
    };
  }

  renewLeases(experimentIds: readonly string[]): void {
    this.renewed.push([...experimentIds]);
  }

  halt(): { overlays: number; faults: number } {
    const overlays = this.overlays.length;
    this.overlays = [];
    this.halts++;
    return { overlays, faults: 0 };
  }

  takeTelemetry(): { traffic: TrafficRow[]; arms: ArmRow[] } {
    const requests = this.counted;
    this.counted = 0;
    if (requests === 0) return { traffic: [], arms: [] };
    const row: TrafficRow = {
      source: 'edge',
      service: 'reviews',
      version: 'v1',
      route: 'default',
      codes: { '200': requests },
      retries: 0,
      shielded: 0,
      faults: 0,
      latencySumUs: requests,
      latency: [[1, requests]],
    };
    return { traffic: [row], arms: [] };
  }

  hasOverlays(): boolean {
    return this.overlays.length > 0;
  }

  observe(): () => void {
    return () => undefined;
  }

  metrics(): MetricsSnapshot {
    return this.snapshot;
  }

  stack(): readonly { role: string; why: string }[] {
    return [
      { role: 'rescue', why: 'every failure becomes one marked response' },
      { role: 'upstream', why: 'the connection itself' },
    ];
  }

  config(): ConfigDump {
    const { version, documents } = this;
    return {
      version,
      documents,
      overlays: this.overlays.map((o) => ({ ...o, leaseLeftMs: 1 })),
      faults: [],
      listeners: [],
    };
  }

  endpoints(): readonly EndpointView[] {
    return [];
  }

  ready(): boolean {
    return this.isReady;
  }

  drain(): Promise<void> {
    this.drained = true;
    return Promise.resolve();
  }
}
