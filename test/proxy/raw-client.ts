/** A client that sends exactly the bytes it is told to, and says how its connection ended. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { readResponse } from './naive-http.ts';
import type { NaiveResponse } from './naive-http.ts';

export type Ending = 'open' | 'closed' | 'reset';

export class RawClient {
  readonly socket: Socket;
  /** What came and was not read yet, latin1. */
  text = '';
  ended = false;
  ending: Ending = 'open';
  #wake: () => void = () => {};

  private constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const changed = (): void => {
      this.#wake();
    };
    this.socket.on('data', (chunk: Buffer) => {
      this.text += chunk.toString('latin1');
      changed();
    });
    this.socket.on('end', () => {
      this.ended = true;
      if (this.ending === 'open') this.ending = 'closed';
      this.socket.end();
      changed();
    });
    this.socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') this.ending = 'reset';
    });
    this.socket.on('close', () => {
      this.ended = true;
      if (this.ending === 'open') this.ending = 'closed';
      changed();
    });
  }

  static open(port: number): Promise<RawClient> {
    const client = new RawClient(port);
    return new Promise((resolve, reject) => {
      client.socket.once('connect', () => resolve(client));
      client.socket.once('error', reject);
    });
  }

  send(text: string | Buffer): this {
    if (typeof text === 'string') this.socket.write(text, 'latin1');
    else this.socket.write(text);
    return this;
  }

  /** Resolves when `ready` says so; it is asked at every change. */
  async until(ready: () => boolean): Promise<void> {
    while (!ready()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  /** The next response, 1xx included. Rejects when the connection ended before it was complete. */
  async response(method = 'GET'): Promise<NaiveResponse> {
    for (;;) {
      const read = readResponse(this.text, method, this.ended && this.ending === 'closed');
      if (read) {
        this.text = read.rest;
        return read.response;
      }
      if (this.ended)
        throw new Error(`connection ${this.ending} in mid-response: ${JSON.stringify(this.text.slice(0, 200))}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async untilEnded(): Promise<Ending> {
    await this.until(() => this.ended);
    return this.ending;
  }

  close(): void {
    this.socket.destroy();
  }
}

/** One request on a connection of its own. */
export async function ask(port: number, request: string, method = 'GET'): Promise<NaiveResponse> {
  const client = await RawClient.open(port);
  try {
    return await client.send(request).response(method);
  } finally {
    client.close();
  }
}
