/** What users of each service saw, second by second, for five minutes; and the golden signals of the last ten seconds. */
import type { ServiceDocument } from '../../contracts/document.ts';
import type { ServicePoint, ServiceView } from '../../contracts/live.ts';
import type { TrafficRow } from '../../contracts/telemetry.ts';
import { Second } from './second.ts';

const KEPT_SECONDS = 300;
const SIGNAL_SECONDS = 10;

type Window = { readonly seconds: Map<number, Second>; readonly versions: Map<number, Map<string, number>> };

export type ServiceSignals = Omit<ServiceView, 'points'>;

const EMPTY: Window = { seconds: new Map(), versions: new Map() };

export class ServiceTelemetry {
  readonly #windows = new Map<string, Window>();

  /** @param nowMs - wall clock, Unix milliseconds */
  add(rows: readonly TrafficRow[], nowMs: number): void {
    const at = Math.floor(nowMs / 1_000);
    for (const row of rows) {
      const window = this.#window(row.service);
      const { requests, errors } = countCodes(row.codes);
      let second = window.seconds.get(at);
      if (!second) window.seconds.set(at, (second = new Second()));
      second.add(requests, errors, row.shielded, row.latency);
      let versions = window.versions.get(at);
      if (!versions) window.versions.set(at, (versions = new Map<string, number>()));
      versions.set(row.version, (versions.get(row.version) ?? 0) + requests);
    }
  }

  /** Services that have anything to remember. */
  get size(): number {
    return this.#windows.size;
  }

  /** Forgets what is older than is shown. */
  trim(nowMs: number): void {
    const oldest = Math.floor(nowMs / 1_000) - KEPT_SECONDS;
    for (const [service, { seconds, versions }] of this.#windows) {
      for (const at of seconds.keys()) if (at < oldest) seconds.delete(at);
      for (const at of versions.keys()) if (at < oldest) versions.delete(at);
      if (seconds.size === 0) this.#windows.delete(service);
    }
  }

  view(document: ServiceDocument, nowMs: number): ServiceView {
    const window = this.#windows.get(document.metadata.name) ?? EMPTY;
    return { ...this.signals(document, nowMs), points: pointsOf(window, Math.floor(nowMs / 1_000)) };
  }

  /** The golden signals of the last ten whole seconds. */
  signals({ metadata, spec }: ServiceDocument, nowMs: number): ServiceSignals {
    const window = this.#windows.get(metadata.name) ?? EMPTY;
    const now = Math.floor(nowMs / 1_000);
    const recent = new Second();
    const byVersion = new Map<string, number>();
    for (let at = now - SIGNAL_SECONDS; at < now; at++) {
      const second = window.seconds.get(at);
      if (second) recent.merge(second);
      for (const [version, n] of window.versions.get(at) ?? [])
        byVersion.set(version, (byVersion.get(version) ?? 0) + n);
    }
    const successRate = recent.requests === 0 ? null : 1 - recent.errors / recent.requests;
    return {
      name: metadata.name,
      stable: spec.stable,
      versions: Object.entries(spec.versions).map(([name, { endpoints }]) => ({
        name,
        endpoints: endpoints.map((e) => e.address),
        requests: byVersion.get(name) ?? 0,
      })),
      rps: recent.requests / SIGNAL_SECONDS,
      successRate,
      ...recent.quantiles(),
      health: healthOf(successRate),
    };
  }

  /** The last whole second. */
  lastPoint(service: string, nowMs: number): ServicePoint {
    const at = Math.floor(nowMs / 1_000) - 1;
    return pointOf(at, this.#windows.get(service)?.seconds.get(at));
  }

  #window(service: string): Window {
    let window = this.#windows.get(service);
    if (!window) this.#windows.set(service, (window = { seconds: new Map(), versions: new Map() }));
    return window;
  }
}

/** The one rule that colours a service everywhere. */
function healthOf(successRate: number | null): ServiceView['health'] {
  if (successRate === null) return 'unknown';
  if (successRate < 0.95) return 'failing';
  return successRate < 0.99 ? 'degraded' : 'ok';
}

function pointsOf(window: Window, now: number): ServicePoint[] {
  const first = Math.min(now, ...window.seconds.keys());
  const from = Math.max(now - KEPT_SECONDS, first);
  return Array.from({ length: now - from }, (_, i) => pointOf(from + i, window.seconds.get(from + i)));
}

function pointOf(at: number, second: Second | undefined): ServicePoint {
  const { requests, errors, shielded } = second ?? { requests: 0, errors: 0, shielded: 0 };
  return { at: at * 1_000, requests, errors, shielded, ...(second ?? new Second()).quantiles() };
}

/** An error is a 5xx, or a connection that broke before an answer (code 0). */
function countCodes(codes: Readonly<Record<string, number>>): { requests: number; errors: number } {
  let requests = 0;
  let errors = 0;
  for (const [code, n] of Object.entries(codes)) {
    requests += n;
    if (code === '0' || code.startsWith('5')) errors += n;
  }
  return { requests, errors };
}
