/** The connections to one endpoint that speaks HTTP/2: few, shared by many requests. */
import { connect } from 'node:http2';
import type { ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { ClientStreamSocket } from './client-stream.ts';

/** Beyond this many, requests wait for a free stream on the least busy one. */
const MAX_SESSIONS = 8;
/** A peer that has not said how many streams it bears yet. */
const ASSUMED_STREAMS = 100;
/** What may be unread on one connection; larger than one stream's, so that a slow stream does not stop the others. */
const CONNECTION_WINDOW_BYTES = 2 * 1024 * 1024;

const SESSION_OPTIONS = {
  settings: { enablePush: false, maxHeaderListSize: 64 * 1024 },
  maxSessionMemory: 16,
  maxOutstandingPings: 4,
  maxReservedRemoteStreams: 0,
};

type Session = {
  readonly session: ClientHttp2Session;
  streams: number;
  quietSinceMs: number;
  /** Streams that wait for the endpoint's settings; undefined once these have come. */
  waiting: Set<ClientStreamSocket> | undefined;
};

export class ClientSessions {
  readonly #authority: string;
  readonly #connect: () => Duplex;
  #sessions: Session[] = [];
  readonly #carriesCalls: boolean;
  opened = 0;

  /** @param carriesCalls - of gRPC @param connectSocket - a new socket to the endpoint; a TLS socket must have agreed on h2 */
  constructor(authority: string, carriesCalls: boolean, connectSocket: () => Duplex) {
    this.#authority = authority;
    this.#carriesCalls = carriesCalls;
    this.#connect = connectSocket;
  }

  get size(): number {
    return this.#sessions.length;
  }

  /** @param fresh - not on a connection that has refused a stream just now, where there is another way */
  stream(nowMs: number, fresh: boolean): ClientStreamSocket {
    const chosen = (fresh ? undefined : this.#leastBusy()) ?? this.#open(nowMs) ?? this.#leastBusy();
    if (!chosen) throw new Error('no session although none could be opened'); // MAX_SESSIONS is above 0
    chosen.streams++;
    const socket = new ClientStreamSocket(chosen.session, this.#carriesCalls);
    if (chosen.waiting) chosen.waiting.add(socket);
    else process.nextTick(() => socket.sessionReady());
    socket.once('close', () => {
      chosen.waiting?.delete(socket);
      chosen.streams--;
      chosen.quietSinceMs = nowMs;
    });
    return socket;
  }

  /** The least busy one that has room; where none may be opened any more, the least busy one. */
  #leastBusy(): Session | undefined {
    let best: Session | undefined;
    for (const candidate of this.#sessions) {
      if (candidate.session.closed || candidate.session.destroyed) continue;
      if (best === undefined || candidate.streams < best.streams) best = candidate;
    }
    if (best === undefined || this.#sessions.length >= MAX_SESSIONS) return best;
    const room = best.waiting ? ASSUMED_STREAMS : best.session.remoteSettings.maxConcurrentStreams;
    return best.streams < (room ?? ASSUMED_STREAMS) ? best : undefined;
  }

  #open(nowMs: number): Session | undefined {
    const usable = this.#sessions.filter((s) => !s.session.closed && !s.session.destroyed);
    if (usable.length >= MAX_SESSIONS) return undefined;
    const session = connect(this.#authority, { ...SESSION_OPTIONS, createConnection: () => this.#connect() });
    const entry: Session = { session, streams: 0, quietSinceMs: nowMs, waiting: new Set() };
    this.opened++;
    this.#sessions.push(entry);
    session.once('connect', () => session.setLocalWindowSize(CONNECTION_WINDOW_BYTES));
    session.once('remoteSettings', () => {
      const { waiting } = entry;
      entry.waiting = undefined;
      for (const socket of waiting ?? []) socket.sessionReady();
    });
    session.on('error', () => session.destroy());
    session.on('close', () => {
      this.#sessions = this.#sessions.filter((s) => s !== entry);
      for (const socket of entry.waiting ?? []) socket.sessionLost();
    });
    return entry;
  }

  /** Closes what has carried no stream for too long. */
  sweep(nowMs: number, idleMs: number): void {
    for (const entry of this.#sessions) {
      if (entry.streams > 0) entry.quietSinceMs = nowMs;
      else if (nowMs - entry.quietSinceMs > idleMs) entry.session.close();
    }
  }

  /** No new streams; each connection closes after its last. */
  retire(): void {
    for (const { session } of this.#sessions) session.close();
  }

  destroy(): void {
    for (const { session } of [...this.#sessions]) session.destroy();
  }
}
