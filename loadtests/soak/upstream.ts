/** A small service for the soak: PORT; answers until it is told to end, then lets its requests end. */
import { createServer } from 'node:http';

const body = 'x'.repeat(100);
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
  response.end(body);
});
server.keepAliveTimeout = 60_000;
server.listen(Number(process.argv[2]), '127.0.0.1');
process.once('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
});
