/** Finds peers that are dead without having said so: a peer that did not answer the last ping is cut off. */
import type { WebSocket } from 'ws';

export class Liveness {
  /** Whether the peer has answered since the last ping. */
  readonly #answered = new Map<WebSocket, boolean>();
  readonly #timer: NodeJS.Timeout;

  constructor(everyMs: number) {
    this.#timer = setInterval(() => this.#round(), everyMs);
  }

  watch(socket: WebSocket): void {
    this.#answered.set(socket, true);
    socket.on('pong', () => this.#answered.set(socket, true));
    socket.on('close', () => this.#answered.delete(socket));
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #round(): void {
    for (const [socket, answered] of this.#answered) {
      if (!answered) socket.terminate();
      else if (socket.readyState === socket.OPEN) {
        this.#answered.set(socket, false);
        socket.ping();
      }
    }
  }
}
