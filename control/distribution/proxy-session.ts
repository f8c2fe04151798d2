/** One proxy's connection: what it was sent, what it acknowledged, and when it was last heard. */
import type { WebSocket } from 'ws';
import type { ProxyView } from '../../contracts/live.ts';
import type { NodeInfo } from '../../contracts/wire.ts';
import type { KnownProxy } from './known-proxies.ts';

/** A proxy that does not read is cut off when this much waits for it. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
/** Of the reason in a close frame (RFC 6455 §5.5.1 leaves 123 bytes). */
const MAX_REASON_CHARACTERS = 120;

export class ProxySession {
  readonly node: NodeInfo;
  readonly known: KnownProxy;
  readonly #socket: WebSocket;
  configVersion: number | null;
  #refusal: string | null = null;
  #overlayRefusal: string | null = null;
  #lastSeq = -1;
  /** Halts that it was told and has not answered. */
  #haltsAsked = 0;
  /** Of the overlays that it acknowledged last. */
  ackedRevision: number | null = null;
  lostReports = 0;
  lastSeenAt: string;

  constructor(socket: WebSocket, node: NodeInfo, known: KnownProxy, configVersion: number | null, nowIso: string) {
    this.#socket = socket;
    this.node = node;
    this.known = known;
    this.configVersion = configVersion;
    this.lastSeenAt = nowIso;
  }

  /** @param text - a FromControl message; made into text once for all who get it @returns false when it was cut off instead */
  send(text: string): boolean {
    if (this.#socket.readyState !== this.#socket.OPEN) return true;
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.#socket.terminate();
      return false;
    }
    this.#socket.send(text);
    return true;
  }

  acked(version: number): void {
    this.configVersion = this.known.ackedVersion = version;
    this.#refusal = null;
  }

  nacked(code: string, message: string): void {
    this.#refusal = `${code}: ${message}`;
  }

  /** The overlays are in force, but for those that it refused. */
  overlaysAcked(
    revision: number,
    refused: readonly { readonly experimentId: string; readonly code: string; readonly message: string }[],
  ): void {
    this.ackedRevision = revision;
    this.#overlayRefusal =
      refused.length === 0
        ? null
        : refused.map((r) => `overlay of ${r.experimentId}: ${r.code}: ${r.message}`).join('; ');
  }

  /** @returns how many reports were lost before this one */
  reported(seq: number): number {
    const lost = Math.max(0, seq - this.#lastSeq - 1);
    this.#lastSeq = seq;
    this.lostReports += lost;
    return lost;
  }

  /** @returns false when this very report was taken before, on this connection or on the last one */
  isNew(reportId: string | undefined): boolean {
    if (reportId === undefined) return true;
    if (this.known.lastReportId === reportId) return false;
    this.known.lastReportId = reportId;
    return true;
  }

  haltAsked(): void {
    this.#haltsAsked++;
  }

  /** @returns whether we asked for the halt that it tells of */
  halted(): boolean {
    if (this.#haltsAsked === 0) return false;
    this.#haltsAsked--;
    return true;
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason.slice(0, MAX_REASON_CHARACTERS));
  }

  view(targetVersion: number, connected: boolean): ProxyView {
    const refusal = this.#refusal ?? this.#overlayRefusal;
    return {
      id: this.node.id,
      role: this.node.role,
      connected,
      configVersion: this.configVersion,
      targetVersion,
      sync: refusal !== null ? 'NACKED' : this.configVersion === targetVersion ? 'ACKED' : 'PENDING',
      message: refusal,
      lastSeen: this.lastSeenAt,
      lostReports: this.lostReports,
    };
  }
}
