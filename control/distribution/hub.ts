/**
 * Distribution: every proxy's connection, what each must know, and what they report. Overlay changes leave at once: this
 * is the path of a rollback. Heartbeats tell the proxies that we live; without them their leases run out.
 */
import type { RawData, WebSocket } from 'ws';
import type { Comparisons } from '../../contracts/comparison.ts';
import type { ProxyView } from '../../contracts/live.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { ArmRow, HitRow, TrafficRow } from '../../contracts/telemetry.ts';
import type { FromControl, FromProxy, NodeInfo } from '../../contracts/wire.ts';
import { validOnes } from '../documents/check.ts';
import type { Change, Documents } from '../documents/documents.ts';
import type { Log } from '../log.ts';
import { Heartbeat, heartbeatEveryMs } from './heartbeat.ts';
import { readMessage } from './incoming.ts';
import { KnownProxies } from './known-proxies.ts';
import { Liveness } from './liveness.ts';
import * as outgoing from './outgoing.ts';
import { ProxySession } from './proxy-session.ts';

const PING_MS = 5_000;
const HELLO_WITHIN_MS = 10_000;
// Codes of RFC 6455 §7.4.1.
const TAKEN_OVER = 1000;
const GOING_AWAY = 1001;
const POLICY_VIOLATION = 1008;
const INTERNAL_ERROR = 1011;

export type Report = {
  readonly node: string;
  readonly traffic: readonly TrafficRow[];
  readonly arms: readonly ArmRow[];
  readonly hits: readonly HitRow[];
  readonly comparisons: readonly Comparisons[];
};
export type HubOptions = {
  readonly documents: Documents;
  /** In force when we last ran. */
  readonly overlays: readonly Overlay[];
  readonly wallClock: () => Date;
  readonly log: Log;
};

export class Hub {
  readonly #documents: Documents;
  readonly #wallClock: () => Date;
  readonly #log: Log;
  readonly #sessions = new Map<WebSocket, ProxySession>();
  readonly #known = new KnownProxies();
  readonly #liveness = new Liveness(PING_MS);
  readonly #heartbeat = new Heartbeat(() => this.#broadcast(outgoing.heartbeat(this.#overlays)));
  readonly #snapshots = new outgoing.Snapshots();
  #overlays: readonly Overlay[] = [];
  #revision = 0;
  #lostReports = 0;
  /** Wait for an acknowledgement, or for the end of a connection. */
  readonly #waiting: (() => void)[] = [];
  onReport: (report: Report) => void = () => {};
  /** A proxy was halted by somebody at its own admin address. */
  onHalted: (node: string) => void = () => {};
  onTapped: (node: string, message: Extract<FromProxy, { type: 'tapped' }>) => void = () => {};
  /** Answers who asks for a certificate. */
  identify: (node: NodeInfo, request: Extract<FromProxy, { type: 'identity-request' }>) => Promise<FromControl> = () =>
    Promise.reject(new Error('this control plane is no authority'));
  /** What every proxy must hear beside its configuration and overlays. */
  standing: () => readonly string[] = () => [];

  constructor({ documents, overlays, wallClock, log }: HubOptions) {
    this.#documents = documents;
    this.#wallClock = wallClock;
    this.#log = log;
    this.setOverlays(overlays);
    documents.onChange = (change) => this.#sendChange(change);
  }

  /** Takes a new connection over. */
  attach(socket: WebSocket): void {
    this.#liveness.watch(socket);
    const late = setTimeout(() => {
      if (!this.#sessions.has(socket)) this.#refuse(socket, `no hello within ${HELLO_WITHIN_MS} ms`);
    }, HELLO_WITHIN_MS);
    socket.on('message', (data: RawData) => this.#onMessage(socket, data));
    socket.on('close', () => {
      clearTimeout(late);
      this.#detach(socket);
    });
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
    this.#setRhythm();
  }

  /** The proxies that are connected and have not acknowledged the overlays as they are now. */
  behind(): readonly string[] {
    return [...this.#sessions.values()].filter((s) => s.ackedRevision !== this.#revision).map((s) => s.node.id);
  }

  /** Resolves when no connected proxy is behind, or when the time is up. */
  async caughtUp(withinMs: number): Promise<void> {
    const deadline = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), withinMs).unref());
    while (this.behind().length > 0) {
      const changed = new Promise<'changed'>((resolve) => this.#waiting.push(() => resolve('changed')));
      if ((await Promise.race([changed, deadline])) === 'late') return;
    }
  }

  #onAcked(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Tells every proxy to drop overlays and faults now. @returns how many were told */
  halt(reason: string): number {
    this.#broadcast(outgoing.halt(reason));
    for (const session of this.#sessions.values()) session.haltAsked();
    return this.#sessions.size;
  }

  /** Tells every proxy. @param text - a FromControl message @returns how many were told */
  tell(text: string): number {
    this.#broadcast(text);
    return this.#sessions.size;
  }

  views(): readonly ProxyView[] {
    const target = this.#documents.version;
    const here = [...this.#sessions.values()].map((s) => s.view(target, true));
    const gone = [...this.#known.gone()].map((s) => s.view(target, false));
    return [...here, ...gone].sort((a, b) => a.id.localeCompare(b.id));
  }

  /** Since the start of this process. */
  get lostReports(): number {
    return this.#lostReports;
  }

  close(): void {
    this.#heartbeat.close();
    this.#liveness.close();
    for (const session of this.#sessions.values()) session.close(GOING_AWAY, 'the control plane stops');
  }

  #onMessage(socket: WebSocket, data: RawData): void {
    if (socket.readyState !== socket.OPEN) return; // closing: a session that was taken over has no say any more
    const read = readMessage(data);
    if ('malformed' in read) return this.#refuse(socket, read.malformed);
    try {
      this.#take(socket, read.message);
    } catch (err) {
      // Ours, not the proxy's: one report that cannot be taken must not end the control plane of all others.
      this.#log.error({ err, type: read.message.type, node: this.#nodeOf(socket) }, 'a message could not be taken');
      socket.close(INTERNAL_ERROR, 'INTERNAL: see the log of the control plane');
    }
  }

  #take(socket: WebSocket, message: FromProxy): void {
    const session = this.#sessions.get(socket);
    if (message.type === 'hello') {
      if (session) this.#refuse(socket, 'a second hello');
      else this.#welcome(socket, message);
    } else if (session) this.#heard(session, message);
    else this.#refuse(socket, 'the first message must be hello');
  }

  #refuse(socket: WebSocket, why: string): void {
    this.#log.warn({ node: this.#nodeOf(socket), why }, 'a connection is closed: WIRE_MALFORMED');
    socket.close(POLICY_VIOLATION, `WIRE_MALFORMED: ${why}`.replace(/[^\x20-\x7e]/g, '?').slice(0, 120));
  }

  #nodeOf(socket: WebSocket): string | undefined {
    return this.#sessions.get(socket)?.node.id;
  }

  #welcome(socket: WebSocket, { node, configVersion }: Extract<FromProxy, { type: 'hello' }>): void {
    for (const [other, session] of this.#sessions) {
      if (session.node.id !== node.id) continue;
      session.close(TAKEN_OVER, 'another connection of this proxy took over');
      this.#detach(other);
    }
    const known = this.#known.arrived(node.id);
    const session = new ProxySession(socket, node, known, configVersion, this.#wallClock().toISOString());
    this.#sessions.set(socket, session);
    this.#log.info({ node: node.id, role: node.role, configVersion }, 'a proxy is connected');
    if (configVersion !== this.#documents.version || known.ackedVersion !== configVersion) this.#sendSnapshot(session);
    this.#send(session, this.#overlaysText());
    for (const text of this.standing()) this.#send(session, text);
  }

  #heard(session: ProxySession, message: Exclude<FromProxy, { type: 'hello' }>): void {
    session.lastSeenAt = this.#wallClock().toISOString();
    const node = session.node.id;
    switch (message.type) {
      case 'ack':
        session.acked(message.version);
        break;
      case 'nack':
        session.nacked(message.code, message.message);
        this.#log.warn({ node, version: message.version, code: message.code, why: message.message }, 'refused');
        if (message.code === 'WIRE_BASE_MISMATCH') this.#sendSnapshot(session);
        break;
      case 'overlays-ack':
        session.overlaysAcked(message.revision, message.refused);
        this.#onAcked();
        if (message.refused.length > 0) this.#log.warn({ node, refused: message.refused }, 'overlays are refused');
        break;
      case 'telemetry':
        this.#lostReports += session.reported(message.seq);
        if (!session.isNew(message.reportId)) break;
        // A host has no traffic: that it reports must not pass for data.
        if (session.node.role === 'host' && (message.hits ?? []).length === 0) break;
        this.#report(node, message);
        break;
      case 'lease-expired': // it has let go of an overlay that we still want: we were late, so send it again
        this.#log.warn({ node, experimentId: message.experimentId, epoch: message.epoch }, 'a lease ran out');
        this.#send(session, this.#overlaysText());
        break;
      case 'halted':
        if (!session.halted()) this.onHalted(node);
        break;
      case 'tapped':
        this.onTapped(node, message);
        break;
      case 'identity-request':
        void this.#identify(session, message);
        break;
    }
  }

  async #identify(session: ProxySession, request: Extract<FromProxy, { type: 'identity-request' }>): Promise<void> {
    const { id: node } = session.node;
    try {
      const answer = await this.identify(session.node, request);
      if (answer.type === 'identity') this.#log.info({ node, name: request.name }, 'a certificate is given out');
      else this.#log.warn({ node, name: request.name, answer }, 'a certificate is refused');
      this.#send(session, JSON.stringify(answer));
    } catch (err) {
      // The proxy asks again by itself.
      this.#log.error({ node, err }, 'no certificate can be given out');
    }
  }

  #report(
    node: string,
    { traffic, arms, hits = [], comparisons = [] }: Extract<FromProxy, { type: 'telemetry' }>,
  ): void {
    this.onReport({ node, traffic, arms, hits, comparisons });
  }

  #sendChange(change: Change): void {
    this.#broadcast(outgoing.delta(change));
    this.#setRhythm();
  }

  #sendSnapshot(session: ProxySession): void {
    this.#send(
      session,
      this.#snapshots.text(this.#documents.version, () => this.#documents.config()),
    );
  }

  #overlaysText(): string {
    return outgoing.overlays(this.#revision, this.#overlays);
  }

  #setRhythm(): void {
    this.#heartbeat.every(heartbeatEveryMs(this.#overlays, validOnes(this.#documents.config())));
  }

  #broadcast(text: string): void {
    for (const session of this.#sessions.values()) this.#send(session, text);
  }

  #send(session: ProxySession, text: string): void {
    if (!session.send(text)) this.#log.warn({ node: session.node.id }, 'a proxy does not read; it is cut off');
  }

  #detach(socket: WebSocket): void {
    const session = this.#sessions.get(socket);
    if (!session) return;
    this.#sessions.delete(socket);
    this.#known.left(session);
    this.#onAcked();
    this.#log.info({ node: session.node.id }, 'a proxy is gone');
  }
}
