/** Ports for programs and listeners that cannot choose one themselves. */
import { createServer } from 'node:net';

/** Below the range that systems take the ports of outgoing connections from (Linux: from 32768). */
const LOWEST = 12_000;
const HIGHEST = 31_999;

/** A port of 127.0.0.1 that nobody listens on now. @throws when a hundred are taken one after the other */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < 100; tried++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (await isFree(port)) return port;
  }
  throw new Error('no free port was found');
}

/** Whether one can listen there now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
