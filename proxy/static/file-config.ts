/** The configuration of a proxy from files alone: read at the start, and again at SIGHUP. */
import type { Logger } from 'pino';
import type { DataplaneApi } from '../dataplane-api.ts';
import { isTaken, UntilFree } from '../mesh/until-free.ts';
import { InvalidDocuments } from './invalid-documents.ts';
import { readDocuments } from './read-documents.ts';

export type FileConfigOptions = {
  /** Files or folders. */
  readonly files: readonly string[];
  readonly dataplane: Pick<DataplaneApi, 'apply' | 'renewLeases'>;
  readonly log: Logger;
  /** Uniform in 0 … 1. */
  readonly random: () => number;
};

/** Owns the handler of SIGHUP. */
export class FileConfig {
  readonly #options: FileConfigOptions;
  readonly #onSignal = (): void => void this.reload();
  readonly #untilFree: UntilFree;
  #version = 0;
  #work: Promise<unknown> = Promise.resolve();

  private constructor(options: FileConfigOptions) {
    this.#options = options;
    const onWait = (waitMs: number): void =>
      options.log.debug({ againInMs: Math.round(waitMs) }, 'an address is taken; the files are tried again');
    this.#untilFree = new UntilFree({ random: options.random, onWait });
  }

  /** @throws InvalidDocuments, or what the data plane refuses the configuration with */
  static async start(options: FileConfigOptions): Promise<FileConfig> {
    const config = new FileConfig(options);
    await config.#read();
    process.on('SIGHUP', config.#onSignal);
    return config;
  }

  /**
   * Reads the files again. When they are bad, the old configuration goes on and the log says what is wrong; where an
   * address of theirs is taken, they are tried again until it is free. Leases of faults start anew, for here is nobody
   * else to renew them.
   * @returns whether the files are in force
   */
  reload(): Promise<boolean> {
    this.#untilFree.cancel();
    const done = this.#work.then(async () => {
      try {
        await this.#readAgain();
        return true;
      } catch (error) {
        this.#options.log.error({ err: error }, 'the files are refused; the old configuration goes on');
        if (isTaken(error)) this.#untilFree.begin(() => this.#tryAgain());
        return false;
      }
    });
    this.#work = done;
    return done;
  }

  /** Behind what is read just now. */
  #tryAgain(): Promise<void> {
    const attempt = this.#work.then(() => this.#readAgain());
    this.#work = attempt.catch(() => undefined); // the caller hears of it
    return attempt;
  }

  async #readAgain(): Promise<void> {
    await this.#read();
    this.#options.dataplane.renewLeases([]);
  }

  close(): void {
    this.#untilFree.cancel();
    process.off('SIGHUP', this.#onSignal);
  }

  async #read(): Promise<void> {
    const { files, dataplane, log } = this.#options;
    const { documents, experiments, problems } = await readDocuments(files);
    if (problems.length > 0) throw new InvalidDocuments(problems);
    const version = this.#version + 1;
    await dataplane.apply(version, documents);
    this.#version = version;
    log.info({ version, documents: documents.length }, 'a configuration is in force');
    for (const experiment of experiments) {
      log.warn({ experiment }, 'an experiment needs a control plane; from files alone it does not run');
    }
  }
}
