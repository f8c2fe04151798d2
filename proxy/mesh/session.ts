/**
 * One connection to the control plane, from hello to close. Configurations and overlays are taken up one after another,
 * in the order in which they came; a heartbeat or a halt waits for nothing.
 */
import type { Logger } from 'pino';
import type { RawData, WebSocket } from 'ws';
import type { FromControl, FromProxy, NodeInfo } from '../../contracts/wire.ts';
import { WIRE_VERSION } from '../../contracts/wire.ts';
import type { Clock, DataplaneApi } from '../dataplane-api.ts';
import type { MeshIdentity } from '../identity/mesh-identity.ts';
import type { HaltedRuns } from './halted-runs.ts';
import { readIncoming } from './incoming.ts';
import type { MeshConfig } from './mesh-config.ts';
import { Taps } from '../tap/taps.ts';
import type { Reports } from './reports.ts';

export type SessionDeps = {
  readonly node: NodeInfo;
  readonly dataplane: Pick<DataplaneApi, 'setOverlays' | 'renewLeases' | 'halt' | 'observe'>;
  readonly config: MeshConfig;
  readonly reports: Reports;
  readonly haltedRuns: HaltedRuns;
  /** Absent: this proxy was given no token, and asks for no certificate. */
  readonly identity?: MeshIdentity | undefined;
  readonly clock: Clock;
  readonly log: Logger;
};

/** Of the private range of WebSocket close codes: we do not understand the other side. */
const CLOSE_MALFORMED = 4400;
/** A report whose arrival is not confirmed within this time: the connection is dead, whatever the kernel thinks. */
const CONFIRM_TIMEOUT_MS = 5_000;
/** A tap waits for nothing: when this much has not left, its requests are counted, not sent. */
const TAP_BUFFERED_BYTES = 1024 * 1024;

export class Session {
  readonly #deps: SessionDeps;
  readonly #socket: WebSocket;
  readonly #taps: Taps;
  #work: Promise<void> = Promise.resolve();
  #seq = 0;
  /** The ping behind the report that is under way, and when it left. */
  #awaited: { readonly ping: string; readonly sentAtMs: number } | undefined;
  #onConfirmed: () => void = () => {};
  /** True once the control plane has said something that we understood. */
  understood = false;

  /** @param socket - open */
  constructor(socket: WebSocket, deps: SessionDeps) {
    this.#socket = socket;
    this.#deps = deps;
    this.#taps = new Taps(deps.dataplane, deps.clock, Date.now);
    deps.config.onAck = (answer) => this.send(answer);
    socket.on('close', () => {
      this.#taps.stopAll();
      deps.identity?.disconnected();
    });
    socket.on('message', (data: RawData) => this.#receive(asText(data)));
    socket.on('pong', (data: Buffer) => this.#pong(data.toString()));
    this.send({ type: 'hello', v: WIRE_VERSION, node: deps.node, configVersion: deps.config.version });
    deps.identity?.connected((request) => this.send(request));
  }

  get open(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  send(message: FromProxy): void {
    if (this.open) this.#socket.send(JSON.stringify(message));
  }

  /** Resolves when everything that was received so far is taken up. */
  settled(): Promise<void> {
    return this.#work;
  }

  /** Sends a report when one is due (or in doubt) and nothing is in its way. Called several times a second. */
  tick(): void {
    const { reports, clock } = this.#deps;
    if (!this.open) return;
    if (this.#awaited && clock.nowMs() - this.#awaited.sentAtMs > CONFIRM_TIMEOUT_MS) this.#socket.terminate();
    else if (this.#awaited === undefined && this.#socket.bufferedAmount === 0 && (reports.inDoubt || reports.due())) {
      this.#report();
    }
  }

  /** Sends what was counted to the last, and waits until it has arrived, for at most so long. */
  async flush(timeoutMs: number): Promise<void> {
    const confirmed = (): Promise<void> => new Promise((resolve) => (this.#onConfirmed = resolve));
    const deadline = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), timeoutMs).unref());
    const closed = new Promise<'late'>((resolve) => this.#socket.once('close', () => resolve('late')));
    // A report that is in doubt goes first; behind it comes the last one.
    for (let left = this.#deps.reports.inDoubt ? 2 : 1; left > 0 && this.open; left--) {
      const arrived = confirmed();
      if (this.#awaited === undefined) this.#report();
      if ((await Promise.race([arrived, deadline, closed])) === 'late') return;
    }
  }

  /** The pong of the ping that follows a report proves that the report was received: messages keep their order. */
  #report(): void {
    const ping = String(this.#seq);
    this.send({ type: 'telemetry', seq: this.#seq++, ...this.#deps.reports.next() });
    this.#awaited = { ping, sentAtMs: this.#deps.clock.nowMs() };
    this.#socket.ping(ping);
  }

  #pong(data: string): void {
    if (data !== this.#awaited?.ping) return;
    this.#awaited = undefined;
    this.#deps.reports.confirm();
    this.#onConfirmed();
  }

  #receive(text: string): void {
    const { log } = this.#deps;
    const incoming = readIncoming(text);
    switch (incoming.is) {
      case 'message':
        this.understood = true;
        return this.#take(incoming.message);
      case 'unknown':
        return log.debug({ type: incoming.type }, 'the control plane says something that this version does not know');
      case 'malformed':
        log.error({ why: incoming.why }, 'a message of the control plane is malformed');
        if (incoming.version !== undefined) {
          return this.send({ type: 'nack', version: incoming.version, code: 'WIRE_MALFORMED', message: incoming.why });
        }
        // Nothing is taken from one we do not understand: without its heartbeats every lease runs out.
        return this.#socket.close(CLOSE_MALFORMED, 'WIRE_MALFORMED');
    }
  }

  #take(message: FromControl): void {
    const { dataplane, config, haltedRuns } = this.#deps;
    switch (message.type) {
      case 'snapshot':
      case 'delta':
        return this.#enqueue(async () => {
          // A way in is opened by somebody: a proxy that is in sync has its identity, if it gets one.
          await this.#deps.identity?.first();
          this.send(await config.take(message));
        });
      case 'overlays':
        haltedRuns.announced(message.overlays);
        return this.#enqueue(() => this.#takeOverlays(message));
      case 'heartbeat':
        return dataplane.renewLeases(message.experimentIds);
      case 'halt':
        return this.#halt(message.reason);
      case 'tap':
        return this.#tap(message);
      case 'untap':
        return this.#taps.stop(message.id);
      case 'identity':
      case 'identity-refused':
        return this.#deps.identity?.take(message);
    }
  }

  #takeOverlays({ revision, overlays }: Extract<FromControl, { type: 'overlays' }>): void {
    const { allowed, refused } = this.#deps.haltedRuns.sift(overlays);
    const { refused: impossible } = this.#deps.dataplane.setOverlays(allowed);
    this.send({ type: 'overlays-ack', revision, refused: [...refused, ...impossible] });
  }

  #halt(reason: string): void {
    this.#deps.haltedRuns.halt();
    const dropped = this.#deps.dataplane.halt();
    this.#deps.log.warn({ reason, ...dropped }, 'halted by the control plane: all overlays and faults are off');
    this.send({ type: 'halted', ...dropped });
  }

  #tap({ id, spec }: Extract<FromControl, { type: 'tap' }>): void {
    const refused = this.#taps.start(id, spec, (events, skipped) => {
      if (!this.open || this.#socket.bufferedAmount > TAP_BUFFERED_BYTES) return false;
      this.send({ type: 'tapped', id, events: [...events], skipped });
      return true;
    });
    if (refused !== undefined) this.#deps.log.warn({ why: refused }, 'a tap is not opened');
  }

  #enqueue(work: () => Promise<void> | void): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#deps.log.error({ err: error }, 'a message of the control plane could not be carried out');
      this.#socket.close(CLOSE_MALFORMED, 'INTERNAL');
    });
  }
}

function asText(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return data instanceof ArrayBuffer ? Buffer.from(data).toString('utf8') : data.toString('utf8');
}
