/**
 * Passes when grpc.health.v1.Health/Check answers SERVING. The two messages are small enough to be written and read by
 * hand: HealthCheckRequest {string service = 1}, HealthCheckResponse {ServingStatus status = 1}.
 */
import { connect, constants } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import { HEALTH_AGENT, once } from './probe.ts';
import type { Probe } from './probe.ts';

/** An answer longer than this is not one of ours. */
const MOST_BYTES = 1_024;

export function probeGrpc(service: string): Probe {
  const question = healthRequest(service);
  return ({ host, port, address, dial }, done) => {
    const { tell, end } = once(done);
    const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    const session = dial
      ? connect(`https://${authority}`, { createConnection: () => dial('h2') })
      : connect(`http://${authority}`);
    const finish = (passed: boolean): void => {
      tell(passed);
      session.destroy();
    };
    session.on('error', () => finish(false));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      ':authority': address,
      'content-type': 'application/grpc',
      te: 'trailers',
      'user-agent': HEALTH_AGENT,
    });
    let status = '0';
    const answer: Buffer[] = [];
    let bytes = 0;
    // Without a message the status comes with the head.
    stream.on('response', (head) => (status = String(head['grpc-status'] ?? status)));
    stream.on('trailers', (trailers: IncomingHttpHeaders) => (status = String(trailers['grpc-status'] ?? '2')));
    stream.on('data', (chunk: Buffer) => {
      answer.push(chunk);
      if ((bytes += chunk.length) > MOST_BYTES) finish(false);
    });
    stream.on('error', () => finish(false));
    stream.on('end', () => finish(status === '0' && isServing(Buffer.concat(answer))));
    stream.end(question);
    return () => {
      end();
      session.destroy(undefined, constants.NGHTTP2_CANCEL);
    };
  };
}

/** A frame (compressed flag, length) around the message; field 1 of type 2 is its name and length. */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const message = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

function varint(n: number): number[] {
  return n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...varint(n >>> 7)];
}

/** Field 1, type 0, value 1 (SERVING). UNKNOWN is 0 and may be left out; other fields are not in the message. */
export function isServing(frame: Buffer): boolean {
  return frame.length === 7 && frame.readUInt32BE(1) === 2 && frame[0] === 0 && frame[5] === 0x08 && frame[6] === 0x01;
}
