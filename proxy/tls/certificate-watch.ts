/**
 * Reads certificates again when their files change, and at SIGHUP: whoever renews them only replaces files. Looks at the
 * files instead of being told of changes, which a link that is turned to another folder does not cause.
 */
import { stat } from 'node:fs/promises';
import type { Logger } from 'pino';

export type CertificateUser = {
  readonly certificateFiles: () => readonly string[];
  /** Rejects when they cannot be used; then the old ones go on. */
  readonly rereadCertificates: () => Promise<void>;
};

const LOOK_MS = 1_000;

/** Owns a handler of SIGHUP. */
export class CertificateWatch {
  readonly #user: CertificateUser;
  readonly #log: Logger;
  readonly #timer: NodeJS.Timeout;
  readonly #onSignal = (): void => void this.reload();
  /** What the files were when they were last read. */
  #seen = '';
  #looking = false;

  constructor(user: CertificateUser, log: Logger, lookMs = LOOK_MS) {
    this.#user = user;
    this.#log = log;
    this.#timer = setInterval(() => void this.#look(), lookMs);
    this.#timer.unref();
    process.on('SIGHUP', this.#onSignal);
  }

  /** @returns whether they are in force */
  async reload(): Promise<boolean> {
    try {
      await this.#user.rereadCertificates();
      return true;
    } catch (error) {
      this.#log.error({ err: error }, 'certificates cannot be used; the old ones go on');
      return false;
    }
  }

  close(): void {
    clearInterval(this.#timer);
    process.off('SIGHUP', this.#onSignal);
  }

  /** The state is taken before they are read: a change in between is seen at the next look. */
  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const files = this.#user.certificateFiles();
    const now = JSON.stringify(await Promise.all(files.map(stateOf)));
    this.#looking = false;
    if (now === this.#seen || files.length === 0) return;
    this.#seen = now;
    if (await this.reload()) this.#log.info({ files: files.length }, 'certificates were read again');
  }
}

async function stateOf(file: string): Promise<readonly unknown[]> {
  try {
    const { ino, size, mtimeMs, ctimeMs } = await stat(file);
    return [file, ino, size, mtimeMs, ctimeMs];
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return [file, error.code];
  }
}
