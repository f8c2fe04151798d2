import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { lostOf, together } from './load.ts';
import { SteadyClient } from './steady-client.ts';
import type { Books } from './steady-client.ts';

const SOON = { timeout: 10_000, interval: 5 };
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

/** @param answer - called for each request */
async function serverThat(
  answer: (socket: Socket, request: number) => void,
): Promise<{ port: number; opened: number }> {
  let requests = 0;
  const state = { port: 0, opened: 0 };
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    state.opened++;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', () => answer(socket, ++requests));
  });
  await new Promise<void>((listens) => server.listen(0, '127.0.0.1', listens));
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  state.port = (server.address() as AddressInfo).port;
  return state;
}

async function booksOf(port: number, connections: number, requests: number, limitMs = 5_000): Promise<Books> {
  const client = new SteadyClient(port, connections);
  for (let i = 0; i < requests; i++) client.send(performance.timeOrigin + performance.now());
  await expect.poll(() => client.waiting, SOON).toBe(0);
  return client.end(limitMs);
}

it('a request whose connection ends before the answer is broken, and the next goes over a new one', async () => {
  const server = await serverThat((socket, request) => void (request === 3 ? socket.destroy() : socket.write(OK)));
  const books = await booksOf(server.port, 1, 6);
  expect(books).toMatchObject({ sent: 6, statuses: { 200: 5 }, broken: 1, unanswered: 0, unsent: 0 });
  expect(server.opened).toBe(2);
  expect(lostOf(together([books, books]), [200])).toBe(2);
});

it('an answer that closes its connection is an answer', async () => {
  const closing = OK.replace('\r\n\r\n', '\r\nconnection: close\r\n\r\n');
  const server = await serverThat((socket) => void socket.end(closing));
  expect(await booksOf(server.port, 2, 6)).toMatchObject({ sent: 6, statuses: { 200: 6 }, broken: 0 });
  expect(server.opened).toBeGreaterThanOrEqual(6);
});

it('a request that is never answered is lost, and so is one with another status than was wanted', async () => {
  const server = await serverThat((socket, request) => {
    if (request === 2) socket.write('HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n');
    else if (request !== 1) socket.write(OK);
  });
  const books = await booksOf(server.port, 2, 4, 50);
  expect(books).toMatchObject({ sent: 4, statuses: { 200: 2, 503: 1 }, unanswered: 1 });
  expect(lostOf(together([books]), [200])).toBe(2);
  expect(lostOf(together([books]), [200, 503])).toBe(1);
});
