/** The live stream to dashboards and watching commands. A client that does not keep up is cut off, not buffered for. */
import type { WebSocket } from 'ws';
import type { LiveMessage } from '../../contracts/live.ts';
import { Liveness } from '../distribution/liveness.ts';

const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

const PING_MS = 10_000;

export class LiveStream {
  readonly #clients = new Set<WebSocket>();
  readonly #liveness = new Liveness(PING_MS);

  /** @param first - what a new client sees at once */
  attach(socket: WebSocket, first: LiveMessage): void {
    this.#clients.add(socket);
    this.#liveness.watch(socket);
    socket.on('close', () => this.#clients.delete(socket));
    socket.on('error', () => socket.terminate());
    socket.send(JSON.stringify(first));
  }

  get clients(): number {
    return this.#clients.size;
  }

  publish(message: LiveMessage): void {
    if (this.#clients.size === 0) return;
    const text = JSON.stringify(message);
    for (const socket of this.#clients) {
      if (socket.bufferedAmount > MAX_BUFFERED_BYTES) socket.terminate();
      else socket.send(text);
    }
  }

  close(): void {
    this.#liveness.close();
    for (const socket of this.#clients) socket.close(1001, 'the control plane stops');
  }
}
