/**
 * The data plane of one process: listeners, plans, overlays, faults and counters. A configuration is parsed, checked,
 * built and only then swapped in; a refused one leaves everything as it was.
 */
import type { Locality } from '../contracts/balancer.ts';
import type { GatewayDocument, ServiceDocument, SourceDocument } from '../contracts/document.ts';
import type { Overlay } from '../contracts/overlay.ts';
import { tlsFiles } from '../contracts/tls-files.ts';
import { endpointViews } from './balancing/endpoint-view.ts';
import type { EndpointView } from './balancing/endpoint-view.ts';
import type { Clock, ConfigDump, DataplaneApi, MetricsSnapshot, Telemetry } from './dataplane-api.ts';
import type { Listener } from './downstream/listener.ts';
import { ListenerSet } from './downstream/listener-set.ts';
import type { Wanted } from './downstream/listener-set.ts';
import type { ActiveFault } from './faults/active-fault.ts';
import { FaultsByHeader } from './faults/by-header.ts';
import { checkSecrets } from './faults/check-secrets.ts';
import { FaultTable } from './faults/fault-table.ts';
import { compileByteAccess } from './filters/access.ts';
import { handshakeFaultsAt } from './faults/tls/faults-at.ts';
import type { HaltSwitch } from './halt-switch.ts';
import type { IdentitySource } from './identity/identity.ts';
import { INBOUND } from './inbound.stack.ts';
import { newRuntime } from './new-runtime.ts';
import { Observers } from './observers.ts';
import { OUTBOUND } from './outbound.stack.ts';
import { overlayProblem, OverlayTable } from './overlays.ts';
import type { Refusal } from './overlays.ts';
import { compileService, Inventory } from './plan/compile.ts';
import { compileInbound, INBOUND_NAME, serviceBeside } from './plan/compile-inbound.ts';
import type { Beside } from './plan/compile-inbound.ts';
import { inventoryTotals } from './plan/inventory-totals.ts';
import { leadTo, localPorts } from './plan/local-ports.ts';
import { gateOf } from './plan/gate.ts';
import { gatewayName } from './plan/names.ts';
import { parseConfig } from './plan/parse-config.ts';
import type { Config } from './plan/parse-config.ts';
import type { ServicePlan } from './plan/plan.ts';
import { outsidePlans } from './plan/proxy-hosts.ts';
import { byteResolverOf, resolverOf } from './plan/ways-in.ts';
import { LeaseTimer } from './lease-timer.ts';
import type { Limits, RequestObserver, Runtime } from './runtime.ts';
import type { Sharing } from './shared/sharing.ts';
import type { Tracing } from './tracing/request-trace.ts';
import { MeshSecurity } from './tls/mesh-security.ts';
import { tlsTable } from './tls/tls-table.ts';
import type { TlsTable } from './tls/tls-table.ts';

export type DataplaneOptions = {
  /** The node's name: `source` of its telemetry, and part of its Via. */
  readonly source: string;
  /** The gateways to open: all of the configuration, or those named. */
  readonly gateways: 'all' | readonly string[];
  /** host:port for the outbound listener of a sidecar: requests are routed by their Host. */
  readonly outbound?: string;
  /** The service and version that a sidecar stands beside: it opens the way in to them. */
  readonly beside?: Beside;
  /** Who it is in the mesh; it may come later. Without it mTLS inside the mesh is refused. */
  readonly identity?: IdentitySource;
  /** Where this proxy stands: near endpoints come first. */
  readonly locality?: Locality;
  readonly halt: HaltSwitch;
  readonly clock: Clock;
  readonly seed: number;
  readonly limits?: Partial<Limits>;
  /** What counts against limits.maxMemoryBytes. */
  readonly memoryBytes?: () => number;
  readonly tracing?: Tracing;
  /** Absent: it has no workers beside it. */
  readonly sharing?: Sharing;
};

export class Dataplane implements DataplaneApi {
  readonly #options: DataplaneOptions;
  readonly #runtime: Runtime;
  readonly #inventory: Inventory;
  readonly #overlays: OverlayTable;
  readonly #listeners: ListenerSet;
  readonly #mesh: MeshSecurity | undefined;
  readonly #leases: LeaseTimer;
  readonly #sweeper: NodeJS.Timeout;
  readonly #observers: Observers;
  readonly #faults: FaultTable;
  #plans = new Map<string, ServicePlan>();
  /** Hosts outside of the mesh, by host:port. */
  #outside = new Map<string, ServicePlan>();
  #taking = 0;
  #wayIn: ServicePlan | undefined;
  #config: Config | undefined;
  /** Configurations are applied one after the other, in the order in which they came. */
  #applying: Promise<void> = Promise.resolve();
  onLeaseExpired: (experimentId: string, epoch: number) => void = () => {};

  constructor(options: DataplaneOptions) {
    this.#options = options;
    this.#runtime = newRuntime(options);
    this.#inventory = new Inventory(this.#runtime, options.locality);
    this.#observers = new Observers(this.#runtime);
    this.#overlays = new OverlayTable(this.#runtime);
    this.#faults = new FaultTable(this.#runtime);
    this.#listeners = new ListenerSet(this.#runtime);
    this.#mesh = options.identity && new MeshSecurity(options.identity);
    if (options.identity) options.identity.onChange = () => this.#compile();
    this.#leases = new LeaseTimer({ earliestMs: () => this.#earliestLeaseMs(), onDue: () => this.#endLeases() });
    this.#sweeper = setInterval(() => this.sweep(), 1_000);
    this.#sweeper.unref();
  }

  apply(version: number, sources: readonly SourceDocument[]): Promise<void> {
    const done = this.#applying.then(() => this.#apply(parseConfig(version, sources)));
    this.#applying = done.catch(() => undefined); // the caller hears of it; the next one is not held up by it
    return done;
  }

  async #apply(config: Config): Promise<void> {
    checkSecrets(config);
    const tls = tlsTable(config, this.#mesh);
    const wanted = this.#wanted(config);
    const listeners = await this.#listeners.prepare(wanted);
    this.#listeners.commit(listeners, wanted);
    this.#config = config;
    this.#faults.declare(config.faults);
    this.#useTls(tls);
  }

  #useTls(tls: TlsTable): void {
    this.#inventory.tls = tls;
    this.#compile();
    const ways = [...this.#plans.values(), ...this.#outside.values(), ...(this.#wayIn ? [this.#wayIn] : [])];
    this.#inventory.keepOnly(ways);
    this.#leases.look();
  }

  /** Files in which certificates and keys of the configuration stand. */
  certificateFiles(): string[] {
    return [...(this.#config?.gateways ?? []), ...(this.#config?.services ?? [])].flatMap(tlsFiles);
  }

  /**
   * Reads them again: for new connections. Those that are open go on with what they were made with.
   * @throws MeshproofError TLS_MATERIAL_INVALID; then what was read before goes on
   */
  rereadCertificates(): Promise<void> {
    const done = this.#applying.then(() => this.#config && this.#useTls(tlsTable(this.#config, this.#mesh)));
    this.#applying = done.catch(() => undefined);
    return done;
  }

  setOverlays(overlays: readonly Overlay[]): { refused: Refusal[] } {
    const refused = this.#overlays.set(overlays, (overlay) =>
      overlayProblem(overlay, this.#plans.get(overlay.service)),
    );
    this.#faults.lay(this.#overlays.all());
    this.#compile();
    this.#leases.look();
    return { refused };
  }

  renewLeases(experimentIds: readonly string[]): void {
    const ids = new Set(experimentIds);
    this.#overlays.renew(ids);
    this.#faults.renew(ids);
  }

  observe(observer: RequestObserver): () => void {
    return this.#observers.add(observer);
  }

  halt(): { overlays: number; faults: number } {
    const faults = this.#faults.all().filter((f) => f.active).length;
    this.#runtime.halt.halt();
    const overlays = this.#overlays.clear();
    if (overlays === 0 && this.#faults.all().length === 0) return { overlays, faults };
    this.#faults.lay(this.#overlays.all());
    this.#compile();
    this.#releaseFaults();
    return { overlays, faults };
  }

  /** What waits in a fault that is over goes on. */
  #releaseFaults(): void {
    this.#faults.release();
    this.#inventory.releaseWires();
  }

  takeTelemetry(): Telemetry {
    const hits = this.#faults.takeHits();
    const comparisons = this.#overlays.takeComparisons();
    return {
      traffic: [...this.#inventory.counters.values()].flatMap((c) => c.take(this.#options.source) ?? []),
      arms: this.#overlays.counters().flatMap((c) => c.take() ?? []),
      ...(comparisons.length > 0 ? { comparisons } : {}),
      ...(hits.length > 0 ? { hits } : {}),
    };
  }

  hasOverlays(): boolean {
    return this.#overlays.all().length > 0;
  }

  metrics(): MetricsSnapshot {
    return {
      source: this.#options.source,
      ...(this.#options.beside ? { beside: this.#options.beside } : {}),
      ...inventoryTotals(this.#inventory),
      faults: this.#faults.all().flatMap((f) => f.totals()),
      spared: this.#faults.all().flatMap((f) => f.sparedTotals()),
      errors: [...this.#runtime.errors].map(([code, count]) => ({ code, count })),
      downstreamConnections: this.#listeners.connections,
      downstreamConnectionsTotal: this.#listeners.accepted,
      requestsInFlight: this.#runtime.requestsInFlight,
      overload: this.#runtime.overload.level,
      configVersion: this.#config?.version ?? null,
      overlays: this.#overlays.all().map(({ overlay, leaseLeftMs }) => ({
        experiment: overlay.experiment,
        service: overlay.service,
        candidatePpm: overlay.candidatePpm,
        leaseLeftMs,
      })),
      leaseExpiredTotal: this.#overlays.leaseExpired,
      ...(this.#options.identity ? { identity: this.#options.identity.state() } : {}),
    };
  }

  stack(): readonly { role: string; why: string }[] {
    const wayIn = this.#options.beside ? INBOUND : [];
    return [...OUTBOUND, ...wayIn].map(({ role, why }) => ({ role, why }));
  }

  config(): ConfigDump {
    return {
      version: this.#config?.version ?? null,
      documents: this.#config?.sources ?? [],
      overlays: this.#overlays.all().map((a) => ({ ...a.overlay, leaseLeftMs: a.leaseLeftMs })),
      faults: this.#faults.all().map((f) => ({ name: f.name, active: f.active, leaseLeftMs: f.leaseLeftMs })),
      listeners: this.#listeners.open.map((l) => ({ name: l.name, address: l.address })),
    };
  }

  endpoints(): EndpointView[] {
    return endpointViews(this.#plans.values(), this.#runtime.clock.nowMs());
  }

  ready(): boolean {
    return this.#config !== undefined && !this.#runtime.draining;
  }

  async drain(timeoutMs: number): Promise<void> {
    this.#runtime.draining = true;
    this.#listeners.stopAccepting();
    const startMs = this.#runtime.clock.nowMs();
    while (this.#listeners.connections > 0 && this.#runtime.clock.nowMs() - startMs < timeoutMs) {
      this.#listeners.sweep(this.#runtime.clock.nowMs());
      await new Promise((resolve) => setTimeout(resolve, DRAIN_LOOK_MS));
    }
    clearInterval(this.#sweeper);
    this.#leases.close();
    this.#listeners.destroyConnections();
    this.#inventory.destroyAll();
    this.#runtime.wheel.close();
  }

  /** Time-outs of connections; called once a second. */
  sweep(): void {
    const nowMs = this.#runtime.clock.nowMs();
    this.#listeners.sweep(nowMs);
    this.#inventory.sweep(nowMs);
    this.#endLeases();
  }

  #earliestLeaseMs(): number | undefined {
    const active = [...this.#faults.all(), ...this.#overlays.all()].filter((lease) => lease.active);
    return active.length === 0 ? undefined : Math.min(...active.map(({ leaseLeftMs }) => leaseLeftMs));
  }

  /** Leases are also checked on every request; this drops what has ended. */
  #endLeases(): void {
    this.#releaseFaults();
    const expired = this.#overlays.sweep();
    if (expired.length > 0) this.#faults.lay(this.#overlays.all());
    if (expired.length > 0 || this.#taking !== this.#faults.countTaking()) this.#compile();
    for (const { overlay } of expired) this.onLeaseExpired(overlay.experimentId, overlay.epoch);
  }

  #wanted(config: Config): Wanted[] {
    const { gateways, outbound } = this.#options;
    const chosen = config.gateways.filter((g) => gateways === 'all' || gateways.includes(g.metadata.name));
    const wanted = chosen.map((g) => ({ name: gatewayName(g.metadata.name), listen: g.spec.listen }));
    if (outbound !== undefined) wanted.push({ name: 'outbound', listen: outbound });
    wanted.push(...localPorts(config, this.#options.beside));
    const inbound = serviceBeside(config, this.#options.beside)?.inbound;
    return inbound === undefined ? wanted : [...wanted, { name: INBOUND_NAME, listen: inbound }];
  }

  #compile(): void {
    const config = this.#config;
    if (!config) return;
    this.#inventory.nextRound();
    const faults = this.#faults.all();
    this.#taking = this.#faults.countTaking();
    this.#plans = new Map();
    this.#wayIn = undefined;
    for (const service of config.services) {
      const { name } = service.metadata;
      const onConnections = faults.filter((f) => f.spec.service === name && f.plannedTcp.length > 0);
      this.#inventory.wires(name).setFaults(onConnections);
      const plan = this.#planOf(config, service, faults);
      if (plan) this.#plans.set(name, plan);
    }
    this.#outside = outsidePlans(this.#runtime, this.#inventory, config.gateways);
    const locals = localPorts(config, this.#options.beside);
    for (const listener of this.#listeners.open) {
      const gateway = config.gateways.find((g) => listener.name === gatewayName(g.metadata.name));
      listener.resolve = this.#gated(config, gateway);
      listener.clientIdleMs = gateway?.spec.idleTimeout;
      listener.readsSni = gateway?.spec.protocol === 'tls-passthrough';
      listener.tcp = byteResolverOf(gateway?.spec, this.#plans);
      const local = locals.find(({ name }) => name === listener.name);
      if (local) leadTo(listener, local, this.#plans);
      const isProxy = gateway?.spec.protocol === 'http-proxy';
      listener.unknownHost = isProxy ? 'PROXY_HOST_REFUSED' : 'ROUTE_NOT_FOUND';
      listener.endTunnels(isProxy || listener.name === 'outbound');
      if (listener.name === INBOUND_NAME) this.#openWayIn(config, listener, faults);
      else this.#secure(listener, gateway);
    }
  }

  #secure(listener: Listener, gateway: GatewayDocument | undefined): void {
    const name = gateway?.metadata.name;
    listener.secure(name === undefined ? undefined : this.#inventory.tls.server(name));
    listener.handshakeFaults = name === undefined ? [] : handshakeFaultsAt(this.#faults.all(), { gateway: name });
  }

  #planOf(config: Config, service: ServiceDocument, faults: readonly ActiveFault[]): ServicePlan | undefined {
    const name = service.metadata.name;
    const routes = config.routes.filter((r) => r.spec.service === name);
    const own = faults.filter((f) => f.spec.service === name && this.#mayMeet(f));
    return compileService(this.#runtime, this.#inventory, service, routes, this.#overlays.of(name), own);
  }

  /** A partition is for the calls of one service; handshakes come before requests. */
  #mayMeet({ spec }: ActiveFault): boolean {
    if (spec.tls !== undefined) return false;
    return spec.partition === undefined || spec.partition.from === this.#options.beside?.service;
  }

  #gated(config: Config, gateway: GatewayDocument | undefined): Listener['resolve'] {
    const found = resolverOf(gateway?.spec, this.#plans, this.#outside);
    const resolve = this.#withFaultHeaders(config, gateway, found);
    const gate = gateway && gateOf(this.#runtime, this.#inventory, gateway.metadata.name, gateway.spec);
    if (!gate) return resolve;
    return (head) => {
      const plan = resolve(head);
      return plan && gate(plan);
    };
  }

  #withFaultHeaders(
    config: Config,
    gateway: GatewayDocument | undefined,
    resolve: Listener['resolve'],
  ): Listener['resolve'] {
    const secret = gateway?.spec.faultHeaders && process.env[gateway.spec.faultHeaders.secretEnv];
    if (!secret) return resolve;
    const byHeader = new FaultsByHeader(this.#runtime, secret, Date.now, (service, fault) => {
      const document = config.services.find((s) => s.metadata.name === service);
      return document && this.#planOf(config, document, [...this.#faults.all(), fault]);
    });
    return (head) => {
      const plan = resolve(head);
      return plan && byHeader.apply(head, plan);
    };
  }

  #openWayIn(config: Config, listener: Listener, faults: readonly ActiveFault[]): void {
    const found = serviceBeside(config, this.#options.beside);
    if (!found) return;
    const { document, version } = found;
    const service = document.metadata.name;
    const policy = config.policies.find((p) => p.spec.service === service)?.spec;
    const own = faults.filter((f) => f.spec.service === service);
    const plan = compileInbound(this.#runtime, this.#inventory, document, version, policy, own, config.routes);
    this.#wayIn = plan;
    listener.isInbound = true;
    listener.resolve = () => plan;
    listener.wayInForBytes = { plan, allows: compileByteAccess(policy) };
    listener.secure(this.#inventory.tls.inbound(service));
    listener.handshakeFaults = handshakeFaultsAt(faults, { service, version });
  }
}

/** How often draining looks whether the last connection has ended. */
const DRAIN_LOOK_MS = 20;
