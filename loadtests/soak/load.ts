/** The load of the soak: as many client processes as the rate needs, and their books in one. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { addSparse, BUCKET_COUNT, quantile, toSparse } from '../../contracts/histogram.ts';
import { pinned, warmUp, wrk } from '../bench/programs.ts';
import type { Books } from './steady-client.ts';

/** What one client process drives without falling behind, with room to spare. */
const PER_CLIENT = 5_000;
const MEASURE_SECONDS = 5;

export type SoakLoad = Omit<Books, 'latencies'> & {
  readonly clients: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
};

/** @returns requests a second at full load */
export async function maximumOf(port: number, connections: number): Promise<number> {
  await warmUp(port, connections);
  return (await wrk(port, { connections, seconds: MEASURE_SECONDS })).perSecond;
}

/** @throws when a client ends with an error */
export async function loadAt(
  port: number,
  { perSecond, connections, seconds }: { perSecond: number; connections: number; seconds: number },
): Promise<SoakLoad> {
  const clients = Math.max(1, Math.ceil(perSecond / PER_CLIENT));
  const program = join(import.meta.dirname, 'client.js');
  const values = [port, perSecond / clients, Math.ceil(connections / clients), seconds].map(String);
  const [command, args] = pinned('rest', process.execPath, [program, ...values]);
  const all = await Promise.all(Array.from({ length: clients }, () => promisify(execFile)(command, args)));
  return together(all.map(({ stdout }) => JSON.parse(stdout) as Books));
}

export function together(all: readonly Books[]): SoakLoad {
  const latencies = new Float64Array(BUCKET_COUNT);
  const statuses: Record<number, number> = {};
  for (const books of all) {
    addSparse(latencies, books.latencies);
    for (const [status, count] of Object.entries(books.statuses))
      statuses[Number(status)] = (statuses[Number(status)] ?? 0) + count;
  }
  const sum = (of: (books: Books) => number): number => all.reduce((total, books) => total + of(books), 0);
  const sparse = toSparse(latencies);
  const atMs = (q: number): number => (quantile(sparse, q) ?? NaN) / 1_000;
  return {
    clients: all.length,
    sent: sum((b) => b.sent),
    statuses,
    broken: sum((b) => b.broken),
    unanswered: sum((b) => b.unanswered),
    unsent: sum((b) => b.unsent),
    p50Ms: atMs(0.5),
    p99Ms: atMs(0.99),
    p999Ms: atMs(0.999),
  };
}

/** @returns requests that no answer came to, or one that nobody asked for */
export function lostOf({ sent, statuses }: Pick<SoakLoad, 'sent' | 'statuses'>, expected: readonly number[]): number {
  return sent - expected.reduce((total, status) => total + (statuses[status] ?? 0), 0);
}
