/** An endpoint that does what the test says: each complete request is given to a script, with the bare socket. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { readRequest } from './naive-http.ts';
import type { Seen } from './naive-http.ts';

export type Arrival = {
  readonly request: Seen;
  readonly socket: Socket;
  /** Which connection it came on, from 0. */
  readonly connection: number;
  /** Sends a text, latin1. */
  readonly answer: (text: string) => void;
};

export type Script = (arrival: Arrival) => void;

export class ScriptedUpstream {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Replaced by tests that change their mind. */
  script: Script;
  /** When set, it gets each connection and no request is parsed. */
  onConnection: ((socket: Socket) => void) | undefined;
  /** Does not close its side when the other one does. */
  keepsItsSideOpen = false;
  readonly requests: Seen[] = [];
  connections = 0;
  /** All bytes that came, latin1. */
  bytes = '';
  closed = 0;
  port = 0;
  #wake: () => void = () => {};

  private constructor(script: Script) {
    this.script = script;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#serve(socket));
  }

  static open(script: Script): Promise<ScriptedUpstream> {
    const upstream = new ScriptedUpstream(script);
    return new Promise((resolve) => {
      upstream.#server.listen(0, '127.0.0.1', () => {
        const address = upstream.#server.address();
        upstream.port = typeof address === 'object' && address !== null ? address.port : 0;
        resolve(upstream);
      });
    });
  }

  /** Resolves when `ready` says so; it is asked whenever bytes come or a connection opens or closes. */
  async until(ready: () => boolean): Promise<void> {
    while (!ready()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  get openSockets(): readonly Socket[] {
    return [...this.#sockets];
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    const connection = this.connections++;
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('end', () => {
      if (!this.keepsItsSideOpen) socket.end();
    });
    socket.on('close', () => {
      this.#sockets.delete(socket);
      this.closed++;
      this.#wake();
    });
    this.#wake();
    if (this.onConnection) {
      this.onConnection(socket);
      return;
    }
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      const piece = chunk.toString('latin1');
      this.bytes += piece;
      text += piece;
      for (let next = readRequest(text); next !== undefined; next = readRequest(text)) {
        text = next.rest;
        this.requests.push(next.seen);
        this.script({ request: next.seen, socket, connection, answer: (t) => void socket.write(t, 'latin1') });
      }
      this.#wake();
    });
  }
}

/** A plain answer. */
export function ok(body = 'ok', fields = ''): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${fields}\r\n${body}`;
}

export function status(code: number, body = ''): string {
  return `HTTP/1.1 ${code} Because\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
