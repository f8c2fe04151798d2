/**
 * Taps: whoever asks for requests of a service gets them from every proxy, as they end. The proxies filter and redact; a
 * tap that nobody reads any more is taken back, so that it costs nothing.
 */
import { randomUUID } from 'node:crypto';
import type { WebSocket } from 'ws';
import type { ErrorCode } from '../../contracts/errors.ts';
import { nearest } from '../../contracts/nearest.ts';
import { parseTapFilter } from '../../contracts/tap-filter.ts';
import { TapSpec } from '../../contracts/tap.ts';
import type { TapEvent, TapMessage } from '../../contracts/tap.ts';
import type { FromControl, FromProxy } from '../../contracts/wire.ts';
import { Liveness } from '../distribution/liveness.ts';

/** Each costs every proxy a look at every request. */
const MAX_TAPS = 8;
const MAX_BUFFERED_BYTES = 1024 * 1024;
const PING_MS = 10_000;
const POLICY_VIOLATION = 1008;
const GOING_AWAY = 1001;
const SECOND_MS = 1_000;

export type TapPorts = {
  /** Tells every proxy. @returns how many there are */
  readonly tell: (text: string) => number;
  readonly services: () => readonly string[];
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
};

type OpenTap = {
  readonly socket: WebSocket;
  readonly spec: TapSpec;
  /** In the second that began then. */
  shown: number;
  sinceMs: number;
  /** Not passed on because the one who taps does not read. */
  unsent: number;
};

export class Taps {
  readonly #ports: TapPorts;
  readonly #open = new Map<string, OpenTap>();
  readonly #liveness = new Liveness(PING_MS);

  constructor(ports: TapPorts) {
    this.#ports = ports;
  }

  /** @param query - of the address: TapSpec, as texts */
  attach(socket: WebSocket, query: URLSearchParams): void {
    socket.on('error', () => socket.terminate());
    const spec = TapSpec.safeParse(Object.fromEntries(query));
    if (!spec.success) {
      refuse(socket, 'REQUEST_INVALID', spec.error.issues.map((i) => `${i.path.join('.')}: ${i.message}`).join('; '));
      return;
    }
    const problem = this.#problemOf(spec.data);
    if (problem) {
      refuse(socket, ...problem);
      return;
    }
    const id = randomUUID();
    this.#open.set(id, { socket, spec: spec.data, shown: 0, sinceMs: this.#ports.nowMs(), unsent: 0 });
    this.#liveness.watch(socket);
    socket.on('close', () => {
      this.#open.delete(id);
      this.#ports.tell(text({ type: 'untap', id }));
    });
    send(socket, { type: 'tapping', proxies: this.#ports.tell(text({ type: 'tap', id, spec: spec.data })) });
  }

  #problemOf({ service, where }: TapSpec): [ErrorCode, string] | undefined {
    if (this.#open.size >= MAX_TAPS) return ['OVERLOADED', `${MAX_TAPS} taps are open already; end one of them`];
    const filter = parseTapFilter(where);
    if (!filter.ok) return ['REQUEST_INVALID', `where, at ${filter.error.at + 1}: ${filter.error.message}`];
    const services = this.#ports.services();
    if (service === undefined || services.includes(service)) return undefined;
    const hint = nearest(service, services);
    return ['DOCUMENT_NOT_FOUND', `there is no Service "${service}"${hint ? `; did you mean "${hint}"?` : ''}`];
  }

  /** What a proxy that comes later must hear. */
  standing(): string[] {
    return [...this.#open].map(([id, { spec }]) => text({ type: 'tap', id, spec }));
  }

  heard(proxy: string, { id, events, skipped }: Extract<FromProxy, { type: 'tapped' }>): void {
    const tap = this.#open.get(id);
    if (!tap) return;
    const shown = this.#within(tap, events);
    const left = skipped + events.length - shown.length + tap.unsent;
    if (tap.socket.bufferedAmount > MAX_BUFFERED_BYTES) tap.unsent = left + shown.length;
    else {
      tap.unsent = 0;
      send(tap.socket, { type: 'events', proxy, events: [...shown], skipped: left });
    }
  }

  /** Each proxy keeps to the limit for itself; here it holds for all of them together. */
  #within(tap: OpenTap, events: readonly TapEvent[]): readonly TapEvent[] {
    const nowMs = this.#ports.nowMs();
    if (nowMs - tap.sinceMs >= SECOND_MS) {
      tap.sinceMs = nowMs;
      tap.shown = 0;
    }
    const shown = events.slice(0, tap.spec.maxPerSecond - tap.shown);
    tap.shown += shown.length;
    return shown;
  }

  close(): void {
    this.#liveness.close();
    for (const { socket } of this.#open.values()) socket.close(GOING_AWAY, 'the control plane stops');
  }
}

function text(message: FromControl): string {
  return JSON.stringify(message);
}

function send(socket: WebSocket, message: TapMessage): void {
  if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
}

function refuse(socket: WebSocket, code: ErrorCode, detail: string): void {
  send(socket, { type: 'refused', code, detail });
  socket.close(POLICY_VIOLATION, code);
}
