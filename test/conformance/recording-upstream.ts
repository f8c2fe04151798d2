/**
 * An upstream that records every byte it is sent and counts the complete requests in it with a parser of its own: naive,
 * written for the tests, sharing nothing with the proxy's codec. It answers each complete request with 200.
 */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

export type Seen = {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
};

export class RecordingUpstream {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #bytes = 0;
  #requests: Seen[] = [];

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  }

  /** What came since the last call. */
  take(): { readonly bytes: number; readonly requests: readonly Seen[] } {
    const seen = { bytes: this.#bytes, requests: this.#requests };
    this.#bytes = 0;
    this.#requests = [];
    return seen;
  }

  /** Forgets connections, so that one case's leftovers do not reach the next. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.dropConnections();
    this.#server.close();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
      text += chunk.toString('latin1');
      for (let next = readRequest(text); next !== undefined; next = readRequest(text)) {
        text = next.rest;
        this.#requests.push(next.seen);
        const bodiless = next.seen.method === 'HEAD';
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n${bodiless ? '' : 'ok'}`);
      }
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** Reads one request off the front of the text, or undefined when none is complete. */
export function readRequest(text: string): { readonly seen: Seen; readonly rest: string } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const lines = text.slice(0, headEnd).split('\r\n');
  const [method = '', target = ''] = (lines[0] ?? '').split(' ');
  const headers = lines.slice(1).map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
  });
  const bodyStart = headEnd + 4;
  const field = (name: string): string | undefined => headers.find(([n]) => n === name)?.[1];
  if (field('transfer-encoding') !== undefined) {
    const chunked = readChunks(text.slice(bodyStart));
    return chunked && { seen: { method, target, headers, body: chunked.body }, rest: chunked.rest };
  }
  const length = Number(field('content-length') ?? 0);
  if (text.length < bodyStart + length) return undefined;
  return {
    seen: { method, target, headers, body: text.slice(bodyStart, bodyStart + length) },
    rest: text.slice(bodyStart + length),
  };
}

function readChunks(text: string): { readonly body: string; readonly rest: string } | undefined {
  let body = '';
  let rest = text;
  for (;;) {
    const line = rest.indexOf('\r\n');
    if (line < 0) return undefined;
    const size = parseInt(rest.slice(0, line), 16);
    rest = rest.slice(line + 2);
    if (size === 0) {
      const end = `\r\n${rest}`.indexOf('\r\n\r\n');
      return end < 0 ? undefined : { body, rest: rest.slice(end + 2) };
    }
    if (rest.length < size + 2) return undefined;
    body += rest.slice(0, size);
    rest = rest.slice(size + 2);
  }
}
