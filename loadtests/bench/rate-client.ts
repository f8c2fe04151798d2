/**
 * GET requests at a fixed rate over keep-alive connections, whatever the answers take: an open loop. A request's latency
 * counts from the moment it was due, so that one that had to wait for a free connection is not flattered (coordinated
 * omission). Run as a program: rate-client PORT PER_SECOND CONNECTIONS SECONDS; prints one line of JSON.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Due, Pace } from './pacer-worker.ts';

export type RateResult = {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Requests that were under way, or had not been sent, at the end. */
  readonly unanswered: number;
  /** Answers by status, the warming up too. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
};

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nhost: bench\r\n\r\n');
/** The first part is not counted: connections and code are cold. */
const WARM_UP_SHARE = 0.2;
const TICK_MS = 0.25;

class Client {
  readonly #socket: Socket;
  readonly #onAnswer: (client: Client, status: number) => void;
  #text = '';
  dueAtMs = 0;

  constructor(port: number, onAnswer: (client: Client, status: number) => void, onReady: (client: Client) => void) {
    this.#onAnswer = onAnswer;
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => onReady(this));
    this.#socket.on('data', (bytes) => this.#onData(bytes.toString('latin1')));
    this.#socket.on('error', (error) => {
      throw error;
    });
  }

  send(dueAtMs: number): void {
    this.dueAtMs = dueAtMs;
    this.#socket.write(REQUEST);
  }

  close(): void {
    this.#socket.destroy();
  }

  #onData(text: string): void {
    this.#text += text;
    const end = this.#text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#text)?.[1] ?? 0);
    if (this.#text.length < end + 4 + length) return;
    const status = Number(this.#text.slice(9, 12));
    this.#text = '';
    this.#onAnswer(this, status);
  }
}

/** @throws when a connection breaks */
async function run(port: number, perSecond: number, connections: number, seconds: number): Promise<RateResult> {
  const idle: Client[] = [];
  const waiting: number[] = [];
  const latenciesMs: number[] = [];
  let sent = 0;
  let failed = 0;
  let answered = 0;
  const statuses: Record<number, number> = {};
  const countFrom = perSecond * seconds * WARM_UP_SHARE;
  const now = (): number => performance.timeOrigin + performance.now();
  const onAnswer = (client: Client, status: number): void => {
    if (sent > countFrom) latenciesMs.push(now() - client.dueAtMs);
    answered++;
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status !== 200) failed++;
    const next = waiting.shift();
    if (next === undefined) idle.push(client);
    else client.send(next);
  };
  const clients = await Promise.all(
    Array.from({ length: connections }, () => new Promise<Client>((ready) => void new Client(port, onAnswer, ready))),
  );
  idle.push(...clients);
  const pace: Pace = { perSecond, tickMs: Math.max(TICK_MS, 500 / perSecond) };
  const pacer = new Worker(new URL('./pacer-worker.js', import.meta.url), { workerData: pace });
  pacer.on('message', ({ count, atMs }: Due) => {
    for (let i = 0; i < count; i++) {
      sent++;
      const dueAtMs = atMs + (i * 1_000) / perSecond;
      const client = idle.pop();
      if (client) client.send(dueAtMs);
      else waiting.push(dueAtMs);
    }
  });
  await new Promise((over) => setTimeout(over, seconds * 1_000));
  await pacer.terminate();
  for (const client of clients) client.close();
  latenciesMs.sort((a, b) => a - b);
  const at = (q: number): number =>
    latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(q * latenciesMs.length))] ?? NaN;
  return {
    sent,
    answered,
    failed,
    unanswered: sent - answered,
    statuses,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
  };
}

const [port = 0, perSecond = 0, connections = 0, seconds = 0] = process.argv.slice(2).map(Number);
process.stdout.write(`${JSON.stringify(await run(port, perSecond, connections, seconds))}\n`);
