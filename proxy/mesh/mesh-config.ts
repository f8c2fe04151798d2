/** The configuration that the control plane gave: its version, its documents, the copy on disk. */
import type { Logger } from 'pino';
import { MeshproofError } from '../../contracts/errors.ts';
import type { FromProxy } from '../../contracts/wire.ts';
import type { DataplaneApi } from '../dataplane-api.ts';
import { documentsAfter } from './document-set.ts';
import type { ConfigMessage, Versioned } from './document-set.ts';
import type { SnapshotStore } from './snapshot-store.ts';
import { isTaken, UntilFree } from './until-free.ts';

export type ConfigAnswer = Extract<FromProxy, { type: 'ack' | 'nack' }>;

export class MeshConfig {
  readonly #dataplane: Pick<DataplaneApi, 'apply'>;
  readonly #store: SnapshotStore | undefined;
  readonly #log: Logger;
  #current: Versioned = { version: null, documents: new Map() };
  #draining = false;
  readonly #untilFree: UntilFree;
  #work: Promise<unknown> = Promise.resolve();
  /** Called when a configuration that was refused is in force after all. */
  onAck: (answer: ConfigAnswer) => void = () => {};

  /** @param random - uniform in 0 … 1 */
  constructor(
    dataplane: Pick<DataplaneApi, 'apply'>,
    store: SnapshotStore | undefined,
    log: Logger,
    random: () => number,
  ) {
    this.#dataplane = dataplane;
    this.#store = store;
    this.#log = log;
    const onWait = (waitMs: number): void =>
      log.debug({ againInMs: Math.round(waitMs) }, 'an address is taken; the configuration is tried again');
    this.#untilFree = new UntilFree({ random, onWait });
  }

  /** Of the configuration in force; null before the first. */
  get version(): number | null {
    return this.#current.version;
  }

  /** From now on every configuration is refused: a proxy that drains must not open what it has closed. */
  drain(): void {
    this.#draining = true;
    this.#untilFree.cancel();
  }

  /** Takes up the copy on disk. One that is refused is said in the log and ignored: the control plane will send its own. */
  async restore(): Promise<void> {
    const stored = await this.#store?.load();
    if (!stored) return;
    try {
      await this.#dataplane.apply(stored.version, [...stored.documents.values()]);
    } catch (error) {
      this.#log.warn({ err: error, version: stored.version }, 'the configuration on disk is refused; it is ignored');
      if (isTaken(error)) this.#untilFree.begin(() => this.#tryAgain(stored));
      return;
    }
    this.#current = stored;
    this.#log.info({ version: stored.version }, 'took up the configuration from disk');
  }

  /** Puts a configuration in force and says so, or says why not; then the one before goes on. Never rejects. */
  take(message: ConfigMessage): Promise<ConfigAnswer> {
    this.#untilFree.cancel();
    const taken = this.#work.then(() => this.#take(message));
    this.#work = taken;
    return taken;
  }

  async #take(message: ConfigMessage): Promise<ConfigAnswer> {
    const { version } = message;
    try {
      if (this.#draining) throw new MeshproofError('DRAINING', 'the proxy is about to end');
      const next = { version, documents: documentsAfter(this.#current, message) };
      return await this.#putInForce(next).catch((error: unknown) => {
        if (isTaken(error)) this.#untilFree.begin(() => this.#tryAgain(next));
        throw error;
      });
    } catch (error) {
      return this.#refusal(version, error);
    }
  }

  /** Behind what is taken up just now; and not at all when that has come in its place. */
  async #tryAgain(next: Versioned): Promise<void> {
    const before = this.#current;
    const attempt = this.#work.then(async () => {
      if (this.#draining || this.#current !== before) return;
      this.onAck(await this.#putInForce(next));
    });
    this.#work = attempt.catch(() => undefined); // the caller hears of it
    await attempt;
  }

  async #putInForce(next: Versioned): Promise<ConfigAnswer> {
    const version = next.version ?? 0;
    await this.#dataplane.apply(version, [...next.documents.values()]);
    this.#current = next;
    this.#log.info({ version, documents: next.documents.size }, 'a configuration is in force');
    await this.#keep();
    return { type: 'ack', version };
  }

  #refusal(version: number, error: unknown): ConfigAnswer {
    this.#log.error(
      { err: error, version, goesOnWith: this.version },
      'a configuration is refused; the old one goes on',
    );
    if (error instanceof MeshproofError) return { type: 'nack', version, code: error.code, message: error.detail };
    return { type: 'nack', version, code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) };
  }

  /** A disk that is full must not keep a good configuration from serving. */
  async #keep(): Promise<void> {
    const { version, documents } = this.#current;
    if (version === null) return;
    try {
      await this.#store?.save({ version, documents });
    } catch (error) {
      this.#log.error({ err: error, version }, 'the configuration cannot be kept on disk; it is in force all the same');
    }
  }
}
