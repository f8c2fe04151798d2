/** One proxy's connection: what it was sent, what it acknowledged, and when it was last heard. */
import type { WebSocket } from 'ws';
import type { SourceDocument } from '../../contracts/document.ts';
import type { ProxyView } from '../../contracts/live.ts';
import type { FromControl, NodeInfo } from '../../contracts/wire.ts';

/** A proxy that does not read is cut off when this much waits for it. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

export class ProxySession {
  readonly node: NodeInfo;
  readonly #socket: WebSocket;
  configVersion: number | null;
  #refusal: string | null = null;
  #overlayRefusal: string | null = null;
  #lastSeq = -1;
  lostReports = 0;
  lastSeenAt: string;

  constructor(socket: WebSocket, node: NodeInfo, configVersion: number | null, nowIso: string) {
    this.#socket = socket;
    this.node = node;
    this.configVersion = configVersion;
    this.lastSeenAt = nowIso;
  }

  send(message: FromControl): void {
    this.sendText(JSON.stringify(message));
  }

  /** For messages that go to many: made into text once. */
  sendText(text: string): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) this.#socket.terminate();
    else this.#socket.send(text);
  }

  sendSnapshot(version: number, documents: readonly SourceDocument[]): void {
    this.send({ type: 'snapshot', version, documents: documents as unknown as Record<string, unknown>[] });
  }

  acked(version: number): void {
    this.configVersion = version;
    this.#refusal = null;
  }

  nacked(code: string, message: string): void {
    this.#refusal = `${code}: ${message}`;
  }

  /** The overlays are in force, but for those that it refused. */
  overlaysAcked(
    refused: readonly { readonly experimentId: string; readonly code: string; readonly message: string }[],
  ): void {
    this.#overlayRefusal =
      refused.length === 0
        ? null
        : refused.map((r) => `overlay of ${r.experimentId}: ${r.code}: ${r.message}`).join('; ');
  }

  /** Counts the reports that were lost before this one. */
  reported(seq: number): void {
    if (seq > this.#lastSeq + 1) this.lostReports += seq - this.#lastSeq - 1;
    this.#lastSeq = seq;
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason.slice(0, 120));
  }

  terminate(): void {
    this.#socket.terminate();
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
