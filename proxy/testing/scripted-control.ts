/** A control plane that does what a test says: a WebSocket server that remembers every message of a proxy. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { RawData, WebSocket } from 'ws';
import { FromProxy, WIRE_PATH } from '../../contracts/wire.ts';
import type { FromControl } from '../../contracts/wire.ts';

type OfType<T extends FromProxy['type']> = Extract<FromProxy, { type: T }>;

export class ScriptedControl {
  readonly #server: WebSocketServer;
  readonly #heard: FromProxy[] = [];
  readonly #read = new Map<FromProxy['type'], number>();
  #wake: () => void = () => {};
  #socket: WebSocket | undefined;
  connections = 0;
  closeCodes: number[] = [];
  /** Called for each message, before anyone who waits sees it. */
  onMessage: (message: FromProxy) => void = () => {};

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.connections++;
      this.#socket = socket;
      socket.on('message', (data: RawData) => {
        const message = FromProxy.parse(JSON.parse((data as Buffer).toString('utf8')));
        this.#heard.push(message);
        this.onMessage(message);
        this.#wake();
      });
      socket.on('close', (code) => {
        this.closeCodes.push(code);
        this.#wake();
      });
    });
  }

  /** @param autoPong - false: nothing that a proxy sends is ever confirmed */
  static start(port = 0, autoPong = true): Promise<ScriptedControl> {
    return new Promise((resolve, reject) => {
      const server = new WebSocketServer({ host: '127.0.0.1', port, path: WIRE_PATH, autoPong });
      server.once('error', reject);
      server.once('listening', () => resolve(new ScriptedControl(server)));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}${WIRE_PATH}`;
  }

  get heard(): readonly FromProxy[] {
    return this.#heard;
  }

  say(message: FromControl | string): void {
    this.#socket?.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The next message of a type that was not asked for yet, whether it has come or will come. */
  async next<T extends FromProxy['type']>(type: T): Promise<OfType<T>> {
    const index = this.#read.get(type) ?? 0;
    this.#read.set(type, index + 1);
    const isOfType = (m: FromProxy): m is OfType<T> => m.type === type;
    let found: OfType<T> | undefined;
    await this.until(() => (found = this.#heard.filter(isOfType)[index]) !== undefined);
    if (found === undefined) throw new Error(`no ${type}`);
    return found;
  }

  /** Waits for something that a message or a close brings about. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        const others = this.#wake;
        this.#wake = () => {
          others();
          resolve();
        };
      });
    }
  }

  /** Cuts the connection, as a broken network would. */
  cut(): void {
    this.#socket?.terminate();
  }

  close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
