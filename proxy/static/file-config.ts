/** The configuration of a proxy from files alone: read at the start, and again at SIGHUP. */
import type { Logger } from 'pino';
import type { DataplaneApi } from '../dataplane-api.ts';
import { InvalidDocuments } from './invalid-documents.ts';
import { readDocuments } from './read-documents.ts';

export type FileConfigOptions = {
  /** Files or folders. */
  readonly files: readonly string[];
  readonly dataplane: Pick<DataplaneApi, 'apply' | 'renewLeases'>;
  readonly log: Logger;
};

/** Owns the handler of SIGHUP. */
export class FileConfig {
  readonly #options: FileConfigOptions;
  readonly #onSignal = (): void => void this.reload();
  #version = 0;
  #work: Promise<unknown> = Promise.resolve();

  private constructor(options: FileConfigOptions) {
    this.#options = options;
  }

  /** @throws InvalidDocuments, or what the data plane refuses the configuration with */
  static async start(options: FileConfigOptions): Promise<FileConfig> {
    const config = new FileConfig(options);
    await config.#read();
    process.on('SIGHUP', config.#onSignal);
    return config;
  }

  /**
   * Reads the files again. When they are bad, the old configuration goes on and the log says what is wrong. Leases of
   * faults start anew, for here is nobody else to renew them.
   * @returns whether the files are in force
   */
  reload(): Promise<boolean> {
    const done = this.#work.then(async () => {
      try {
        await this.#read();
        this.#options.dataplane.renewLeases([]);
        return true;
      } catch (error) {
        this.#options.log.error({ err: error }, 'the files are refused; the old configuration goes on');
        return false;
      }
    });
    this.#work = done;
    return done;
  }

  close(): void {
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
