/**
 * Distribution: every proxy's connection, what each must know, and what they report. Overlay changes leave at once: this
 * is the path of a rollback. Heartbeats tell the proxies that we live; without them their leases run out.
 */
import type { RawData, WebSocket } from 'ws';
import type { ProxyView } from '../../contracts/live.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { ArmRow, TrafficRow } from '../../contracts/telemetry.ts';
import { FromProxy } from '../../contracts/wire.ts';
import type { Change, Documents } from '../documents/documents.ts';
import { ProxySession } from './proxy-session.ts';

/** A heartbeat may be lost twice before a lease runs out. */
const HEARTBEATS_PER_LEASE = 3;
const SLOWEST_HEARTBEAT_MS = 1_000;
const POLICY_VIOLATION = 1008;
const REMEMBERED_GONE = 200;

export type Report = {
  readonly node: string;
  readonly traffic: readonly TrafficRow[];
  readonly arms: readonly ArmRow[];
};

export class Hub {
  readonly #documents: Documents;
  readonly #wallClock: () => Date;
  readonly #sessions = new Map<WebSocket, ProxySession>();
  /** The last session of proxies that are gone, for the list of proxies. */
  readonly #gone = new Map<string, ProxySession>();
  #overlays: readonly Overlay[] = [];
  #revision = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  readonly #alive = new WeakSet<WebSocket>();
  readonly #pings: NodeJS.Timeout;
  /** What each proxy has acknowledged to this process, by node: a number alone says nothing when the data was reset. */
  readonly #ackedVersions = new Map<string, number>();
  /** The last report of each proxy: one whose receipt was lost on the way is sent again. */
  readonly #lastReports = new Map<string, string>();
  /** Proxies that were told to halt and have not answered yet. */
  readonly #haltAsked = new Set<ProxySession>();
  onReport: (report: Report) => void = () => {};
  /** A proxy was halted by somebody at its own admin address. */
  onHalted: (node: string) => void = () => {};

  constructor(documents: Documents, overlays: readonly Overlay[], wallClock: () => Date) {
    this.#documents = documents;
    this.#wallClock = wallClock;
    this.setOverlays(overlays);
    documents.onChange = (change) => this.#sendChange(change);
    this.#pings = setInterval(() => this.#ping(), 5_000);
  }

  /** Takes a new connection over. */
  attach(socket: WebSocket): void {
    this.#alive.add(socket);
    socket.on('pong', () => this.#alive.add(socket));
    socket.on('message', (data: RawData) => this.#onMessage(socket, data));
    socket.on('close', () => this.#detach(socket));
    socket.on('error', () => socket.terminate());
  }

  get connected(): number {
    return this.#sessions.size;
  }

  overlays(): readonly Overlay[] {
    return this.#overlays;
  }

  setOverlays(overlays: readonly Overlay[]): void {
    this.#overlays = overlays;
    this.#revision++;
    this.#broadcast(this.#overlaysText());
    this.#startHeartbeat();
  }

  /** Tells every proxy to drop overlays and faults now. @returns how many were told */
  halt(reason: string): number {
    for (const session of this.#sessions.values()) this.#haltAsked.add(session);
    this.#broadcast(JSON.stringify({ type: 'halt', reason }));
    return this.#sessions.size;
  }

  views(): readonly ProxyView[] {
    const target = this.#documents.version;
    const here = [...this.#sessions.values()].map((s) => s.view(target, true));
    const ids = new Set(here.map((v) => v.id));
    const gone = [...this.#gone.values()].filter((s) => !ids.has(s.node.id)).map((s) => s.view(target, false));
    return [...here, ...gone].sort((a, b) => a.id.localeCompare(b.id));
  }

  get lostReports(): number {
    return [...this.#sessions.values(), ...this.#gone.values()].reduce((sum, s) => sum + s.lostReports, 0);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    clearInterval(this.#pings);
    for (const socket of this.#sessions.keys()) socket.close(1001, 'the control plane stops');
  }

  #onMessage(socket: WebSocket, data: RawData): void {
    let message: FromProxy;
    try {
      message = FromProxy.parse(JSON.parse((data as Buffer).toString('utf8')));
    } catch (error) {
      const detail = error instanceof Error ? error.message.replace(/\s+/g, ' ') : '';
      socket.close(POLICY_VIOLATION, `WIRE_MALFORMED: ${detail}`.slice(0, 120));
      return;
    }
    const session = this.#sessions.get(socket);
    if (message.type === 'hello') this.#welcome(socket, message);
    else if (!session) socket.close(POLICY_VIOLATION, 'WIRE_MALFORMED: the first message must be hello');
    else this.#heard(session, message);
  }

  #welcome(socket: WebSocket, hello: Extract<FromProxy, { type: 'hello' }>): void {
    for (const [other, session] of this.#sessions)
      if (session.node.id === hello.node.id) other.close(1000, 'another connection of this proxy took over');
    const session = new ProxySession(socket, hello.node, hello.configVersion, this.#wallClock().toISOString());
    this.#sessions.set(socket, session);
    this.#gone.delete(hello.node.id);
    const known = this.#ackedVersions.get(hello.node.id) === hello.configVersion;
    if (!known || hello.configVersion !== this.#documents.version)
      session.sendSnapshot(this.#documents.version, this.#documents.config());
    session.sendText(this.#overlaysText());
  }

  #heard(session: ProxySession, message: Exclude<FromProxy, { type: 'hello' }>): void {
    session.lastSeenAt = this.#wallClock().toISOString();
    switch (message.type) {
      case 'ack':
        session.acked(message.version);
        this.#ackedVersions.set(session.node.id, message.version);
        break;
      case 'nack':
        session.nacked(message.code, message.message);
        if (message.code === 'WIRE_BASE_MISMATCH')
          session.sendSnapshot(this.#documents.version, this.#documents.config());
        break;
      case 'overlays-ack':
        session.overlaysAcked(message.refused);
        break;
      case 'telemetry':
        session.reported(message.seq);
        if (message.reportId !== undefined && this.#lastReports.get(session.node.id) === message.reportId) break;
        if (message.reportId !== undefined) this.#lastReports.set(session.node.id, message.reportId);
        this.onReport({ node: session.node.id, traffic: message.traffic, arms: message.arms });
        break;
      case 'lease-expired': // it has let go of an overlay that we still want: we were late, so send it again
        session.sendText(this.#overlaysText());
        break;
      case 'halted':
        if (!this.#haltAsked.delete(session)) this.onHalted(session.node.id);
        break;
    }
  }

  #sendChange({ version, base, set, remove }: Change): void {
    const text = JSON.stringify({ type: 'delta', base, version, set, remove });
    this.#broadcast(text);
  }

  #overlaysText(): string {
    return JSON.stringify({ type: 'overlays', revision: this.#revision, overlays: this.#overlays });
  }

  #startHeartbeat(): void {
    clearInterval(this.#heartbeat);
    const leases = this.#overlays.map((o) => o.leaseMs);
    const everyMs = Math.max(50, Math.min(SLOWEST_HEARTBEAT_MS, ...leases.map((ms) => ms / HEARTBEATS_PER_LEASE)));
    this.#heartbeat = setInterval(() => {
      this.#broadcast(JSON.stringify({ type: 'heartbeat', experimentIds: this.#overlays.map((o) => o.experimentId) }));
    }, everyMs);
  }

  #broadcast(text: string): void {
    for (const session of this.#sessions.values()) session.sendText(text);
  }

  #detach(socket: WebSocket): void {
    const session = this.#sessions.get(socket);
    this.#sessions.delete(socket);
    if (!session) return;
    this.#haltAsked.delete(session);
    this.#gone.set(session.node.id, session);
    const oldest = this.#gone.keys().next().value;
    if (this.#gone.size <= REMEMBERED_GONE || oldest === undefined) return;
    this.#gone.delete(oldest);
    this.#ackedVersions.delete(oldest);
    this.#lastReports.delete(oldest);
  }

  /** A peer that did not answer the last ping is dead. */
  #ping(): void {
    for (const socket of this.#sessions.keys()) {
      if (!this.#alive.has(socket)) socket.terminate();
      this.#alive.delete(socket);
      socket.ping();
    }
  }
}
