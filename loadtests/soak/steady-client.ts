/**
 * GET requests over keep-alive connections, at a pace that others give: an open loop in which no request goes missing
 * from the books. Each is answered, broken (its connection ended before the answer), unanswered at the end, or never sent.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { BUCKET_COUNT, bucketOf, toSparse } from '../../contracts/histogram.ts';
import type { SparseBuckets } from '../../contracts/histogram.ts';

export type Books = {
  readonly sent: number;
  /** By status. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly broken: number;
  readonly unanswered: number;
  /** Due, but no connection was free before the end. */
  readonly unsent: number;
  /** Microseconds from when it was due: who waited for a connection is not flattered. */
  readonly latencies: SparseBuckets;
};

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nhost: soak\r\n\r\n');
const HEAD_END = '\r\n\r\n';
/** A connection that cannot be opened is tried again after this long. */
const AGAIN_MS = 20;

type Line = { socket: Socket; text: string; dueAtMs: number; busy: boolean };

export class SteadyClient {
  readonly #port: number;
  /** In turn, so that none is idle for long. */
  readonly #free: Line[] = [];
  readonly #lines = new Set<Line>();
  readonly #due: number[] = [];
  readonly #latencies = new Uint32Array(BUCKET_COUNT);
  readonly #statuses: Record<number, number> = {};
  #sent = 0;
  #broken = 0;
  #underWay = 0;
  #stopped = false;
  #onQuiet: (() => void) | undefined;

  constructor(port: number, connections: number) {
    this.#port = port;
    for (let i = 0; i < connections; i++) this.#open();
  }

  /** @param dueAtMs - on the clock of performance.timeOrigin + performance.now() */
  send(dueAtMs: number): void {
    const line = this.#free.shift();
    if (line) this.#put(line, dueAtMs);
    else this.#due.push(dueAtMs);
  }

  /** Requests for which no connection was free yet. */
  get waiting(): number {
    return this.#due.length;
  }

  /** Sends nothing more, waits for what is under way, and closes. */
  async end(limitMs: number): Promise<Books> {
    this.#stopped = true;
    const unsent = this.#due.splice(0).length;
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        const limit = setTimeout(resolve, limitMs);
        this.#onQuiet = () => {
          clearTimeout(limit);
          resolve();
        };
      });
    }
    const unanswered = this.#underWay;
    for (const { socket } of this.#lines) socket.destroy();
    const { sent, statuses, broken } = { sent: this.#sent, statuses: this.#statuses, broken: this.#broken };
    return { sent, statuses, broken, unanswered, unsent, latencies: toSparse(this.#latencies) };
  }

  #open(): void {
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    const line: Line = { socket, text: '', dueAtMs: 0, busy: false };
    this.#lines.add(line);
    socket.on('connect', () => this.#next(line));
    socket.on('data', (bytes) => this.#onData(line, bytes));
    // Its end tells: an error is always followed by it.
    socket.on('error', () => undefined);
    socket.on('close', () => this.#closed(line));
  }

  #next(line: Line): void {
    const dueAtMs = this.#due.shift();
    if (dueAtMs === undefined) this.#free.push(line);
    else this.#put(line, dueAtMs);
  }

  #put(line: Line, dueAtMs: number): void {
    line.busy = true;
    line.dueAtMs = dueAtMs;
    this.#sent++;
    this.#underWay++;
    line.socket.write(REQUEST);
  }

  #onData(line: Line, bytes: Buffer): void {
    line.text += bytes.toString('latin1');
    const end = line.text.indexOf(HEAD_END);
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(line.text)?.[1] ?? 0);
    if (line.text.length < end + HEAD_END.length + length) return;
    const status = Number(line.text.slice(9, 12));
    const closes = /\r\nconnection: close/i.test(line.text.slice(0, end));
    this.#statuses[status] = (this.#statuses[status] ?? 0) + 1;
    const us = Math.round((performance.timeOrigin + performance.now() - line.dueAtMs) * 1_000);
    const bucket = bucketOf(us);
    this.#latencies[bucket] = (this.#latencies[bucket] ?? 0) + 1;
    line.text = '';
    line.busy = false;
    if (closes) line.socket.destroy();
    else this.#next(line);
    this.#over();
  }

  #closed(line: Line): void {
    this.#lines.delete(line);
    const at = this.#free.indexOf(line);
    if (at >= 0) this.#free.splice(at, 1);
    if (line.busy) {
      this.#broken++;
      this.#over();
    }
    if (!this.#stopped) setTimeout(() => this.#stopped || this.#open(), line.socket.bytesRead > 0 ? 0 : AGAIN_MS);
  }

  #over(): void {
    this.#underWay--;
    if (this.#stopped && this.#underWay === 0) this.#onQuiet?.();
  }
}
