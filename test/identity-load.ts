/** Requests in waves through a sidecar, on connections that stay and on new ones; between waves its own are swept away. */
import { ask, RawClient } from './proxy/raw-client.ts';

const KEPT = 8;
const BETWEEN_MS = 20;
const GET = 'GET / HTTP/1.1\r\nhost: shop\r\n\r\n';
const GET_ONCE = 'GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n';

export type Answered = { readonly statuses: ReadonlySet<number>; readonly requests: number; readonly kept: boolean };

/** Goes on until `isOver` says so after a wave. Rejects when a connection ends in mid-answer. */
export async function loadUntil(port: number, isOver: () => boolean): Promise<Answered> {
  const clients = await Promise.all(Array.from({ length: KEPT }, () => RawClient.open(port)));
  const statuses = new Set<number>();
  let requests = 0;
  do {
    const onKept = clients.map((client) => client.send(GET).response());
    const onNew = Array.from({ length: KEPT }, () => ask(port, GET_ONCE));
    for (const { status } of await Promise.all([...onKept, ...onNew])) statuses.add(status);
    requests += 2 * KEPT;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_MS));
  } while (!isOver());
  const kept = clients.every(({ ending }) => ending === 'open');
  for (const client of clients) client.close();
  return { statuses, requests, kept };
}
