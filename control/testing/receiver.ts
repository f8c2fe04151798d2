/** A receiver of webhooks and notifications on a free port: it remembers what came, and answers as it is told. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly json: Record<string, unknown>;
};

export class TestReceiver {
  readonly received: Received[] = [];
  /** @param nth - 0, 1, 2 … */
  answer: (response: ServerResponse, received: Received, nth: number) => void = (response) => response.end('ok');
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8');
      request.on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        const json = JSON.parse(body) as Record<string, unknown>;
        const received = { path: request.url ?? '', headers: request.headers, body, json };
        this.answer(response, received, this.received.push(received) - 1);
      });
    });
  }

  static async start(port = 0): Promise<TestReceiver> {
    const receiver = new TestReceiver();
    receiver.#server.listen(port, '127.0.0.1');
    await once(receiver.#server, 'listening');
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/hook'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** As the receiver checks it, from the specification. */
export function hasSignature({ headers, body }: Received, key: Buffer): boolean {
  const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
  const mac = createHmac('sha256', key).update(signed).digest('base64');
  return headers['webhook-signature'] === `v1,${mac}`;
}
