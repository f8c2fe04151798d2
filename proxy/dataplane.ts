/**
 * The data plane of one process: listeners, plans, overlays, faults and counters. A configuration is parsed, checked,
 * built and only then swapped in; a refused one leaves everything as it was.
 */
import { randomBytes } from 'node:crypto';
import type {
  Document,
  FaultDocument,
  GatewayDocument,
  RouteDocument,
  ServiceDocument,
  SourceDocument,
} from '../contracts/document.ts';
import { MeshproofError } from '../contracts/errors.ts';
import type { ErrorCode } from '../contracts/errors.ts';
import type { Overlay } from '../contracts/overlay.ts';
import { checkDocument } from '../contracts/parse.ts';
import type { ArmRow, TrafficRow } from '../contracts/telemetry.ts';
import { parseAddress } from '../contracts/units.ts';
import { crossCheck } from '../contracts/validate.ts';
import type { Clock, ConfigDump, DataplaneApi, MetricsSnapshot } from './dataplane-api.ts';
import { Listener } from './downstream/listener.ts';
import { ActiveFault } from './faults.ts';
import type { HaltSwitch } from './halt-switch.ts';
import type { RequestHead } from './http1/head.ts';
import { OUTBOUND } from './outbound.stack.ts';
import { OverlayTable } from './overlays.ts';
import type { Refusal } from './overlays.ts';
import { compileService, Inventory } from './plan/compile.ts';
import type { ServicePlan } from './plan/plan.ts';
import { Random } from './random.ts';
import { LIMITS } from './runtime.ts';
import type { Limits, Runtime } from './runtime.ts';
import { TimerWheel } from './timer-wheel.ts';

export type DataplaneOptions = {
  /** The node's name: `source` of its telemetry, and part of its Via. */
  readonly source: string;
  /** The gateways to open: all of the configuration, or those named. */
  readonly gateways: 'all' | readonly string[];
  /** host:port for the outbound listener of a sidecar: requests are routed by their Host. */
  readonly outbound?: string;
  readonly halt: HaltSwitch;
  readonly clock: Clock;
  readonly seed: number;
  readonly limits?: Partial<Limits>;
};

/** A configuration that was accepted. */
type Config = {
  readonly version: number;
  readonly sources: readonly SourceDocument[];
  readonly services: readonly ServiceDocument[];
  readonly routes: readonly RouteDocument[];
  readonly gateways: readonly GatewayDocument[];
};

export class Dataplane implements DataplaneApi {
  readonly #options: DataplaneOptions;
  readonly #runtime: Runtime;
  readonly #inventory: Inventory;
  readonly #overlays: OverlayTable;
  readonly #listeners = new Map<string, Listener>();
  readonly #sweeper: NodeJS.Timeout;
  #faults = new Map<string, ActiveFault>();
  #faultSources = new Map<string, string>();
  #plans = new Map<string, ServicePlan>();
  #config: Config | undefined;
  #upstreamOpenedBefore = 0;
  onLeaseExpired: (experimentId: string, epoch: number) => void = () => {};

  constructor(options: DataplaneOptions) {
    this.#options = options;
    const name = `${options.source.replace(/[^A-Za-z0-9._-]/g, '-')}-${randomBytes(3).toString('hex')}`;
    this.#runtime = {
      clock: options.clock,
      wheel: new TimerWheel(options.clock),
      random: new Random(options.seed),
      halt: options.halt,
      viaName: name,
      addedFields: `via: 1.1 ${name}\r\n`,
      errors: new Map(),
      limits: { ...LIMITS, ...options.limits },
      draining: false,
      requestsInFlight: 0,
    };
    this.#inventory = new Inventory(this.#runtime);
    this.#overlays = new OverlayTable(this.#runtime);
    this.#sweeper = setInterval(() => this.sweep(), 1_000);
    this.#sweeper.unref();
  }

  async apply(version: number, sources: readonly SourceDocument[]): Promise<void> {
    const next = parseConfig(version, sources);
    const opened = await this.#openListeners(next.config);
    const keep = new Set(opened.map((l) => l.name));
    for (const listener of opened) this.#listeners.set(listener.name, listener);
    this.#config = next.config;
    this.#takeFaults(next.faults);
    this.#compile();
    for (const [name, listener] of this.#listeners) {
      if (keep.has(name) || this.#wanted(next.config).has(name)) continue;
      listener.stopAccepting();
      this.#listeners.delete(name);
    }
    this.#inventory.keepOnly(
      new Set(next.config.services.flatMap((s) => Object.values(s.spec.versions).flatMap((v) => v.endpoints))),
    );
  }

  setOverlays(overlays: readonly Overlay[]): { refused: Refusal[] } {
    const refused = this.#overlays.set(overlays, (overlay) => this.#refusal(overlay));
    this.#compile();
    return { refused };
  }

  renewLeases(experimentIds: readonly string[]): void {
    this.#overlays.renew(new Set(experimentIds));
    for (const fault of this.#faults.values()) fault.renew();
  }

  halt(): { overlays: number; faults: number } {
    const faults = [...this.#faults.values()].filter((f) => f.active).length;
    this.#runtime.halt.halt();
    const overlays = this.#overlays.clear();
    this.#compile();
    return { overlays, faults };
  }

  takeTelemetry(): { traffic: TrafficRow[]; arms: ArmRow[] } {
    return {
      traffic: [...this.#inventory.counters.values()].flatMap((c) => c.take(this.#options.source) ?? []),
      arms: this.#overlays.counters().flatMap((c) => c.take() ?? []),
    };
  }

  hasOverlays(): boolean {
    return this.#overlays.all().length > 0;
  }

  metrics(): MetricsSnapshot {
    const listeners = [...this.#listeners.values()];
    const endpoints = [...this.#inventory.endpoints.values()];
    const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
    return {
      source: this.#options.source,
      traffic: [...this.#inventory.counters.values()].map((c) => ({
        service: c.service,
        version: c.version,
        route: c.route,
        ...c.totals(),
      })),
      faults: [...this.#faults.values()].flatMap((f) => f.totals()),
      errors: [...this.#runtime.errors].map(([code, count]) => ({ code, count })),
      downstreamConnections: sum(listeners.map((l) => l.connections)),
      downstreamConnectionsTotal: sum(listeners.map((l) => l.accepted)),
      upstreamConnections: sum(endpoints.map((e) => e.connections)),
      upstreamConnectionsTotal: this.#upstreamOpenedBefore + sum(endpoints.map((e) => e.opened)),
      requestsInFlight: this.#runtime.requestsInFlight,
      configVersion: this.#config?.version ?? null,
      overlays: this.#overlays.all().map(({ overlay, leaseLeftMs }) => ({
        experiment: overlay.experiment,
        service: overlay.service,
        candidatePpm: overlay.candidatePpm,
        leaseLeftMs,
      })),
      leaseExpiredTotal: this.#overlays.leaseExpired,
    };
  }

  stack(): readonly { role: string; why: string }[] {
    return OUTBOUND.map(({ role, why }) => ({ role, why }));
  }

  config(): ConfigDump {
    return {
      version: this.#config?.version ?? null,
      documents: this.#config?.sources ?? [],
      overlays: this.#overlays.all().map((a) => ({ ...a.overlay, leaseLeftMs: a.leaseLeftMs })),
      faults: [...this.#faults.values()].map((f) => ({ name: f.name, active: f.active, leaseLeftMs: f.leaseLeftMs })),
      listeners: [...this.#listeners.values()].map((l) => ({ name: l.name, address: l.address })),
    };
  }

  ready(): boolean {
    return this.#config !== undefined && !this.#runtime.draining;
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#runtime.draining = true;
    for (const listener of this.#listeners.values()) listener.stopAccepting();
    const startMs = this.#runtime.clock.nowMs();
    while (this.#connections() > 0 && this.#runtime.clock.nowMs() - startMs < timeoutMs) {
      for (const listener of this.#listeners.values()) listener.sweep(this.#runtime.clock.nowMs());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    clearInterval(this.#sweeper);
    for (const listener of this.#listeners.values()) listener.destroyConnections();
    for (const endpoint of this.#inventory.endpoints.values()) endpoint.destroyAll();
    this.#runtime.wheel.close();
  }

  /** Time-outs of connections and leases. Leases are also checked on every request; this drops what has ended. */
  sweep(): void {
    const nowMs = this.#runtime.clock.nowMs();
    for (const listener of this.#listeners.values()) listener.sweep(nowMs);
    for (const endpoint of this.#inventory.endpoints.values()) endpoint.sweep(nowMs);
    const expired = this.#overlays.sweep();
    if (expired.length > 0) this.#compile();
    for (const { overlay } of expired) this.onLeaseExpired(overlay.experimentId, overlay.epoch);
  }

  #connections(): number {
    return [...this.#listeners.values()].reduce((sum, l) => sum + l.connections, 0);
  }

  /** The listeners of a configuration: name -> address. */
  #wanted(config: Config): Map<string, string> {
    const out = new Map<string, string>();
    const { gateways, outbound } = this.#options;
    for (const gateway of config.gateways) {
      const name = gateway.metadata.name;
      if (gateways === 'all' || gateways.includes(name))
        out.set(`gateway ${name} ${gateway.spec.listen}`, gateway.spec.listen);
    }
    if (outbound !== undefined) out.set(`outbound ${outbound}`, outbound);
    return out;
  }

  /** Opens what is new. All or nothing: when one fails, those opened before it are closed again. */
  async #openListeners(config: Config): Promise<Listener[]> {
    const opened: Listener[] = [];
    for (const [name, listen] of this.#wanted(config)) {
      if (this.#listeners.has(name)) continue;
      const listener = new Listener(this.#runtime, name);
      const { host, port } = parseAddress(listen) ?? { host: '127.0.0.1', port: 0 };
      try {
        await listener.open(host, port);
      } catch (error) {
        for (const other of opened) other.stopAccepting();
        throw error;
      }
      opened.push(listener);
    }
    return opened;
  }

  /** A fault that is declared as before keeps its lease, its counts and its state of halt. */
  #takeFaults(documents: readonly (FaultDocument & { readonly source: string })[]): void {
    const next = new Map<string, ActiveFault>();
    const sources = new Map<string, string>();
    for (const document of documents) {
      const name = document.metadata.name;
      const old = this.#faultSources.get(name) === document.source ? this.#faults.get(name) : undefined;
      next.set(name, old ?? new ActiveFault(this.#runtime, document));
      sources.set(name, document.source);
    }
    this.#faults = next;
    this.#faultSources = sources;
  }

  #compile(): void {
    const config = this.#config;
    if (!config) return;
    const faults = [...this.#faults.values()];
    this.#plans = new Map();
    for (const service of config.services) {
      const name = service.metadata.name;
      const routes = config.routes.filter((r) => r.spec.service === name);
      const ownFaults = faults.filter((f) => f.spec.service === name);
      const plan = compileService(this.#runtime, this.#inventory, service, routes, this.#overlays.of(name), ownFaults);
      if (plan) this.#plans.set(name, plan);
    }
    for (const [name, listener] of this.#listeners) listener.resolve = this.#resolver(config, name);
  }

  #resolver(config: Config, listener: string): (head: RequestHead) => ServicePlan | undefined {
    const plans = this.#plans;
    const gateway = config.gateways.find((g) => listener.startsWith(`gateway ${g.metadata.name} `));
    if (!gateway) return (head) => plans.get(serviceOfHost(head.hostname));
    const { hosts, defaultService } = gateway.spec;
    const fallback = defaultService === undefined ? undefined : plans.get(defaultService);
    const byHost = new Map(Object.entries(hosts).map(([host, service]) => [host.toLowerCase(), plans.get(service)]));
    return byHost.size === 0 ? () => fallback : (head) => byHost.get(head.hostname) ?? fallback;
  }

  #refusal(overlay: Overlay): Refusal | undefined {
    const refuse = (code: ErrorCode, message: string): Refusal => ({
      experimentId: overlay.experimentId,
      code,
      message,
    });
    const plan = this.#plans.get(overlay.service);
    if (!plan) return refuse('CONFIG_REFUSED', `there is no Service ${overlay.service} here`);
    for (const version of [overlay.baseline, overlay.candidate]) {
      if (!plan.versions.has(version))
        return refuse('CONFIG_REFUSED', `Service ${overlay.service} has no version ${version} here`);
    }
    return undefined;
  }
}

/** A Host on an outbound port: `reviews`, or `reviews.mesh`. */
function serviceOfHost(hostname: string): string {
  return hostname.endsWith('.mesh') ? hostname.slice(0, -5) : hostname;
}

/** @throws MeshproofError CONFIG_REFUSED with every problem */
function parseConfig(
  version: number,
  sources: readonly SourceDocument[],
): { config: Config; faults: (FaultDocument & { source: string })[] } {
  const documents: Document[] = [];
  const problems: string[] = [];
  for (const source of sources) {
    const checked = checkDocument(source);
    if (checked.ok) documents.push(checked.document);
    else
      problems.push(
        ...checked.issues.map((i) => `${source.kind}/${source.metadata?.name} ${i.path.join('.')}: ${i.message}`),
      );
  }
  if (problems.length === 0) {
    for (const issue of crossCheck(documents)) {
      const document = documents[issue.index];
      problems.push(`${document?.kind}/${document?.metadata.name} ${issue.path.join('.')}: ${issue.message}`);
    }
  }
  if (problems.length > 0) throw new MeshproofError('CONFIG_REFUSED', problems.join('; '));
  const of = <K extends Document['kind']>(kind: K): Extract<Document, { kind: K }>[] =>
    documents.filter((d): d is Extract<Document, { kind: K }> => d.kind === kind);
  const faults = of('Fault').map((f) => ({ ...f, source: JSON.stringify(f.spec) }));
  return {
    config: { version, sources, services: of('Service'), routes: of('Route'), gateways: of('Gateway') },
    faults,
  };
}
