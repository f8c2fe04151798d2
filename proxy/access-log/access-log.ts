/** One line of JSON per request, to a file or to standard output. A disk that does not keep up costs lines, not requests. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { destination } from 'pino';
import { MeshproofError } from '../../contracts/errors.ts';
import type { Exchange } from '../exchange.ts';
import type { RequestRecord } from '../telemetry/request-record.ts';
import { recordOf } from '../telemetry/request-record.ts';

/** What may wait for the disk; beyond it lines are dropped, and counted. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** Written when this much has come, or at the next flush. */
const CHUNK_BYTES = 8 * 1024;
const FLUSH_MS = 1_000;

export class AccessLog {
  readonly #destination: ReturnType<typeof destination>;
  readonly #wallMs: () => number;
  readonly #flusher: NodeJS.Timeout;
  readonly #reopen: () => void;
  dropped = 0;

  /**
   * @param target - a file, which is appended to, or `-` for standard output
   * @param wallMs - milliseconds since 1970
   * @throws MeshproofError REQUEST_INVALID when the file cannot be written
   */
  constructor(target: string, wallMs: () => number) {
    this.#wallMs = wallMs;
    if (target !== '-') checkWritable(target);
    // After a rotation.
    this.#reopen = () => {
      if (target !== '-') this.#destination.reopen();
    };
    this.#destination = destination({
      dest: target === '-' ? 1 : target,
      sync: false,
      mkdir: true,
      minLength: CHUNK_BYTES,
      maxLength: MAX_WAITING_BYTES,
    });
    this.#destination.on('drop', () => this.dropped++);
    this.#destination.on('error', () => this.dropped++);
    this.#flusher = setInterval(() => this.#destination.flush(), FLUSH_MS);
    this.#flusher.unref();
    process.on('SIGHUP', this.#reopen);
  }

  /** An observer of the runtime. */
  readonly observe = (exchange: Exchange, status: number, us: number): void => {
    this.write(recordOf(exchange, status, us, this.#wallMs()));
  };

  write(record: RequestRecord): void {
    this.#destination.write(`${JSON.stringify(record)}\n`);
  }

  /** Writes what waits, then closes. */
  close(): Promise<void> {
    clearInterval(this.#flusher);
    process.off('SIGHUP', this.#reopen);
    return new Promise((resolve) => {
      this.#destination.once('close', resolve);
      this.#destination.once('error', resolve);
      this.#destination.end();
    });
  }
}

function checkWritable(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    closeSync(openSync(file, 'a'));
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new MeshproofError('REQUEST_INVALID', `the access log ${file} cannot be written: ${why}`, { cause: error });
  }
}
