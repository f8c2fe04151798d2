/** A client on a bad line: its request trickles in, and it holds a connection all the while. */
import { connect } from 'node:net';
import type { RequestToSend } from './profile.ts';

const PIECES = 10;

export type SlowRequest = RequestToSend & { readonly host: string; readonly port: number; readonly overMs: number };

/** @param end - told the status of the answer; 0 when there is none */
export function sendSlowly(slow: SlowRequest, end: (code: number) => void): void {
  const text = textOf(slow);
  const size = Math.ceil(text.length / PIECES);
  const socket = connect(slow.port, slow.host);
  let answer = '';
  let sent = 0;
  const trickle = setInterval(() => {
    socket.write(text.slice(sent, sent + size));
    sent += size;
    if (sent >= text.length) clearInterval(trickle);
  }, slow.overMs / PIECES);
  socket.setEncoding('latin1').on('data', (piece) => (answer += String(piece)));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(trickle);
    end(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0));
  });
}

function textOf({ method, path, headers, body = '', host }: SlowRequest): string {
  const lines = Object.entries({ host, connection: 'close', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', body].join('\r\n');
}
