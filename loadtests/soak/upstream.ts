/**
 * A small service for the soak: PORT; answers until it is told to end, then lets its requests end. On bare sockets, so that
 * the proxy is what limits the rate.
 */
import { createServer } from 'node:net';
import type { Socket } from 'node:net';

const body = 'x'.repeat(100);
const head = `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n`;
const ANSWER = Buffer.from(`${head}\r\n${body}`);
const HEAD_END = '\r\n\r\n';

const sockets = new Set<Socket>();
const server = createServer({ noDelay: true }, (socket) => {
  let text = '';
  sockets.add(socket);
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
    for (let end = text.indexOf(HEAD_END); end >= 0; end = text.indexOf(HEAD_END)) {
      text = text.slice(end + HEAD_END.length);
      socket.write(ANSWER);
    }
  });
  // A proxy that resets what it does not need any more is no trouble of ours.
  socket.on('error', () => undefined);
  socket.on('close', () => sockets.delete(socket));
});
server.listen(Number(process.argv[2]), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  // Answers come at once: nothing is under way between two turns of the event loop.
  for (const socket of sockets) socket.end();
});
