/** Starts the admin thread and answers its questions from the thread that carries traffic. */
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { MeshproofError } from '../../contracts/errors.ts';
import { parseAddress } from '../../contracts/units.ts';
import type { MetricsSnapshot } from '../dataplane-api.ts';
import type { HaltSwitch } from '../halt-switch.ts';
import { ProcessMeter } from '../metrics/process.ts';
import type { Answers, FromWorker, Question, ToWorker, WorkerInput } from './messages.ts';
import { WORKER_EXEC_ARGV, WORKER_URL } from './worker-source.ts';

/** What the admin server asks; of one data plane at once, of several workers in a moment. */
export type AdminSource = {
  readonly [Q in 'ready' | 'stack' | 'config' | 'endpoints']: () => Answers[Q] | Promise<Answers[Q]>;
} & { readonly metrics: () => MetricsSnapshot | Promise<MetricsSnapshot> };

export type AdminOptions = {
  /** host:port; port 0 takes any free one. */
  readonly listen: string;
  readonly dataplane: AdminSource;
  readonly halt: HaltSwitch;
  /** The switch was turned by the admin thread: the time to say so and to drop what it turned off. */
  /** `again`: the halt file is still there, and what was declared meanwhile is to go. */
  readonly onHalted: (again: boolean) => void;
  readonly log: Logger;
  readonly askTimeoutMs?: number;
  /** While it exists, the proxy is halted. */
  readonly haltFile?: string | undefined;
};

const ASK_TIMEOUT_MS = 2_000;
/** A thread that ended by itself is started again after this long, at the same address. */
const RESTART_MS = 1_000;

export class AdminServer {
  readonly #options: AdminOptions;
  readonly #meter = new ProcessMeter();
  #worker: Worker | undefined;
  #restart: NodeJS.Timeout | undefined;
  #address: string;
  #closed = false;

  private constructor(options: AdminOptions) {
    this.#options = options;
    this.#address = options.listen;
  }

  /** @throws MeshproofError ADDRESS_IN_USE or CONFIG_REFUSED when it cannot listen */
  static async start(options: AdminOptions): Promise<AdminServer> {
    const server = new AdminServer(options);
    try {
      await server.#run();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** `host:port` as bound. */
  get address(): string {
    return this.#address;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#restart);
    this.#meter.close();
    await this.#worker?.terminate();
  }

  /** Resolves when the thread listens. */
  #run(): Promise<void> {
    const { host, port } = parseAddress(this.#address) ?? refuseAddress(this.#address);
    const { halt, askTimeoutMs = ASK_TIMEOUT_MS, haltFile, log } = this.#options;
    const fileToo = haltFile === undefined ? {} : { haltFile };
    const workerData: WorkerInput = { host, port, halt: halt.buffer, askTimeoutMs, ...fileToo };
    const worker = new Worker(WORKER_URL, {
      name: 'meshproof-admin',
      workerData,
      execArgv: WORKER_EXEC_ARGV,
      // It answers a question now and then; the usual 48 MB of young objects would be memory for nothing.
      resourceLimits: { maxYoungGenerationSizeMb: 2 },
    });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      worker.on('message', (message: FromWorker) => {
        switch (message.type) {
          case 'listening':
            this.#address = message.address;
            return resolve();
          case 'cannot-listen':
            return reject(cannotListen(this.#address, message.code));
          case 'ask':
            return void this.#answer(worker, message.id, message.question);
          case 'halted':
            if (!message.again)
              log.warn({ tookMs: message.tookMs }, 'halted: all overlays and faults of this proxy are off');
            return this.#options.onHalted(message.again);
        }
      });
      worker.on('error', (error) => {
        log.error({ err: error }, 'the admin thread failed');
        reject(error);
      });
      worker.on('exit', () => this.#exited(worker));
    });
  }

  #exited(worker: Worker): void {
    if (this.#closed || this.#worker !== worker) return;
    this.#options.log.error({ againInMs: RESTART_MS }, 'the admin thread ended; it is started again');
    this.#restart = setTimeout(() => {
      this.#run().catch((error: unknown) => this.#options.log.error({ err: error }, 'the admin thread cannot start'));
    }, RESTART_MS);
  }

  /** A question that fails is an answer to the one who asked, and never the end of the proxy. */
  async #answer(worker: Worker, id: number, question: Question): Promise<void> {
    const say = (message: ToWorker): void => worker.postMessage(message);
    try {
      say({ id, answer: await this.#answerTo(question) });
    } catch (error) {
      this.#options.log.error({ err: error, question }, 'a question of the admin thread cannot be answered');
      say({ id, failed: `${question}: ${error instanceof Error ? error.message : String(error)}` });
    }
  }

  async #answerTo(question: Question): Promise<Answers[Question]> {
    const { dataplane } = this.#options;
    switch (question) {
      case 'ready':
        return dataplane.ready();
      case 'metrics':
        return { snapshot: await dataplane.metrics(), process: this.#meter.sample() };
      case 'stack':
        return dataplane.stack();
      case 'config':
        return dataplane.config();
      case 'endpoints':
        return dataplane.endpoints();
    }
  }
}

function refuseAddress(text: string): never {
  throw new MeshproofError('REQUEST_INVALID', `"${text}" is not an address for the admin server; write host:port`);
}

function cannotListen(address: string, code: string): MeshproofError {
  return code === 'EADDRINUSE'
    ? new MeshproofError('ADDRESS_IN_USE', `${address} (admin): another program listens there; choose another address`)
    : new MeshproofError('CONFIG_REFUSED', `${address} (admin): cannot listen: ${code}`);
}
