/**
 * The first process of several: it holds the listening sockets, carries no traffic, starts workers anew that end, and
 * gives one view of all. SIGUSR2 replaces every worker by a new process: the old ones end after their requests.
 */
import cluster from 'node:cluster';
import type { Logger } from 'pino';
import { AdminServer } from '../admin/server.ts';
import type { AdminSource } from '../admin/server.ts';
import type { Answers, Question } from '../admin/messages.ts';
import type { MetricsSnapshot } from '../dataplane-api.ts';
import { HaltSwitch } from '../halt-switch.ts';
import { ShareHub } from '../shared/share-hub.ts';
import { mergeEndpoints, mergeMetrics } from './merge.ts';
import type { WorkerAnswer } from './messages.ts';
import { WorkerProcess } from './worker-process.ts';

export type WorkersOptions = {
  readonly count: number;
  /** host:port of the admin server; none without it. */
  readonly admin?: string;
  /** While this file exists all of them are halted; needs `admin`. */
  readonly haltFile?: string;
  readonly log: Logger;
  readonly nowMs: () => number;
};

/** A worker that is drained longer than this is killed. */
const DRAIN_LIMIT_MS = 15_000;
/** A worker that does not halt within this is stuck: it is killed. */
const HALT_LIMIT_MS = 500;
/** One that ended this soon after its start is started again only after a pause. */
const SOON_MS = 2_000;

export class Workers {
  readonly #options: WorkersOptions;
  readonly #all = new Set<WorkerProcess>();
  readonly #hub: ShareHub;
  #admin: AdminServer | undefined;
  #closing = false;
  #replacing: Promise<void> = Promise.resolve();
  readonly #onReload = (): void => {
    for (const worker of this.#all) worker.reload();
  };
  readonly #onReplace = (): void => void this.replace();

  private constructor(options: WorkersOptions) {
    this.#options = options;
    this.#hub = new ShareHub({ nowMs: options.nowMs });
  }

  /** @throws MeshproofError when a worker ends before it serves, or the admin server cannot listen */
  static async start(options: WorkersOptions): Promise<Workers> {
    const workers = new Workers(options);
    try {
      // The first binds the addresses, so that a port which is taken is refused once.
      await workers.#fork().serving;
      await Promise.all(Array.from({ length: options.count - 1 }, () => workers.#fork().serving));
      if (options.admin !== undefined) await workers.#startAdmin(options.admin, options.haltFile);
    } catch (error) {
      await workers.close();
      throw error;
    }
    process.on('SIGHUP', workers.#onReload);
    process.on('SIGUSR2', workers.#onReplace);
    return workers;
  }

  get adminAddress(): string | undefined {
    return this.#admin?.address;
  }

  get listeners(): readonly { readonly name: string; readonly address: string }[] {
    return [...this.#all][0]?.listeners ?? [];
  }

  get pids(): readonly number[] {
    return [...this.#all].map(({ pid }) => pid);
  }

  /** A new process for each worker, then the old ones end after their requests. Resolves when they have. */
  replace(): Promise<void> {
    this.#replacing = this.#replacing.then(async () => {
      const old = [...this.#all];
      try {
        await Promise.all(old.map(() => this.#fork().serving));
      } catch (error) {
        this.#options.log.error({ err: error }, 'a new worker does not serve; the old ones go on');
        return;
      }
      await Promise.all(old.map((worker) => worker.drain(DRAIN_LIMIT_MS)));
      this.#options.log.info({ workers: this.pids }, 'all workers are replaced');
    });
    return this.#replacing;
  }

  async close(): Promise<void> {
    this.#closing = true;
    process.off('SIGHUP', this.#onReload);
    process.off('SIGUSR2', this.#onReplace);
    await Promise.all([...this.#all].map((worker) => worker.drain(DRAIN_LIMIT_MS)));
    this.#hub.close();
    await this.#admin?.close();
  }

  #fork(): WorkerProcess {
    const { log, nowMs } = this.#options;
    const worker = new WorkerProcess(cluster.fork(), nowMs());
    this.#all.add(worker);
    worker.onShare = (message) => this.#hub.receive(worker.pid, message, (answer) => worker.tell(answer));
    void worker.exited.then(() => {
      this.#all.delete(worker);
      this.#hub.leave(worker.pid);
      if (this.#closing || worker.draining) return;
      log.error({ pid: worker.pid }, 'a worker ended; another one is started');
      setTimeout(() => this.#closing || this.#fork(), nowMs() - worker.startedAtMs < SOON_MS ? SOON_MS : 0);
    });
    return worker;
  }

  async #startAdmin(listen: string, haltFile: string | undefined): Promise<void> {
    const onHalted = (): void => {
      for (const worker of this.#all) void worker.halt(HALT_LIMIT_MS);
    };
    const { log } = this.#options;
    const dataplane = this.#source();
    this.#admin = await AdminServer.start({ listen, dataplane, halt: new HaltSwitch(), onHalted, haltFile, log });
  }

  #source(): AdminSource {
    return {
      ready: async () => (await this.#askAll('ready')).some(Boolean),
      metrics: async () => {
        const [first, ...rest] = (await this.#askAll('metrics')) as MetricsSnapshot[];
        if (!first) throw new Error('no worker answers');
        return mergeMetrics([first, ...rest]);
      },
      stack: () => this.#askOne('stack') as Promise<Answers['stack']>,
      config: () => this.#askOne('config') as Promise<Answers['config']>,
      endpoints: async () => mergeEndpoints((await this.#askAll('endpoints')) as Answers['endpoints'][]),
    };
  }

  async #askAll(question: Question): Promise<WorkerAnswer[]> {
    const serving = [...this.#all].filter((worker) => !worker.draining);
    const answers = await Promise.all(serving.map((worker) => worker.ask(question)));
    return answers.filter((answer) => answer !== undefined);
  }

  async #askOne(question: Question): Promise<WorkerAnswer> {
    const [first] = await this.#askAll(question);
    if (first === undefined) throw new Error('no worker answers');
    return first;
  }
}
