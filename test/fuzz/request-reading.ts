/** What the proxy's client connection makes of a stream of bytes: its real state machine over a socket without a network. */
import { Socket } from 'node:net';
import { Downstream } from '../../proxy/downstream/connection.ts';
import { heldRuntime } from '../../proxy/testing/runtime.ts';
import { readChunked } from './naive-request.ts';
import type { NaiveReading, NaiveRequest } from './naive-request.ts';

/** Sends each part as one read. @returns every request that went on to routing, and how the connection stands */
export function readAsProxy(parts: readonly string[]): { requests: NaiveRequest[]; refused: boolean } {
  const requests: NaiveRequest[] = [];
  const socket = new UnconnectedSocket();
  const runtime = heldRuntime();
  const connection: Downstream = new Downstream(
    runtime,
    {
      retired: false,
      unknownHost: 'ROUTE_NOT_FOUND',
      closed: () => undefined,
      resolve: (head) => {
        const { body } = connection;
        requests.push({
          method: head.method,
          target: head.target,
          body: Buffer.concat(body.framed()).toString('latin1'),
        });
        return undefined;
      },
    },
    socket,
  );
  for (const part of parts) socket.emit('data', Buffer.from(part, 'latin1'));
  const answers = socket.written.split(/^HTTP\/1\.1 /m).length - 1;
  connection.destroy();
  return { requests, refused: answers > requests.length };
}

/** @returns undefined when both readings agree, else what they differ in */
export function disagreement(naive: NaiveReading, ours: ReturnType<typeof readAsProxy>): string | undefined {
  const expected = naive.requests;
  for (const [i, request] of ours.requests.entries()) {
    if (i === expected.length && naive.streaming?.target === request.target) continue;
    const other = expected[i];
    if (!other) return `request ${i + 1} (${request.method} ${request.target}) is one to the proxy only`;
    const framed = request.body;
    const same = request.method === other.method && request.target === other.target;
    if (!same || !(framed === other.body || unframed(framed) === other.body)) {
      return `request ${i + 1}: ${JSON.stringify(request)} and ${JSON.stringify(other)}`;
    }
  }
  if (ours.requests.length < expected.length)
    return `request ${ours.requests.length + 1} is one to the naive reader only`;
  if (naive.end === 'broken' && !ours.refused) return 'the proxy waits or goes on where it must refuse';
  if ((naive.end === 'all' || naive.end === 'closed') && ours.refused) return 'the proxy refuses what is right';
  return undefined;
}

/** The proxy frames a chunked body anew; its trailers may go along. */
function unframed(framed: string): string | undefined {
  const body = readChunked(framed);
  return typeof body === 'string' || body.rest !== '' ? undefined : body.content;
}

class UnconnectedSocket extends Socket {
  written = '';

  override write(data: string | Uint8Array): boolean {
    this.written += typeof data === 'string' ? data : Buffer.from(data).toString('latin1');
    return true;
  }

  override end(): this {
    return this;
  }

  override pause(): this {
    return this;
  }

  override resume(): this {
    return this;
  }
}
