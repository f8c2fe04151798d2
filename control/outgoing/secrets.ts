/**
 * Secrets that documents name: a file in the folder of secrets (as Kubernetes and Docker mount them), or an environment
 * variable. Read at the moment of use, so that one that was changed is used at once, and held nowhere.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MeshproofError } from '../../contracts/errors.ts';

const MAX_LENGTH = 16 * 1024;

export class Secrets {
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string | undefined>>;

  /** @param env - of the process */
  constructor(folder: string, env: Readonly<Record<string, string | undefined>>) {
    this.#folder = folder;
    this.#env = env;
  }

  /**
   * @param name - of a document: letters, digits and hyphens only, so that it is no way out of the folder
   * @throws MeshproofError SECRET_MISSING, which names the places and never a value
   */
  async read(name: string): Promise<string> {
    const variable = variableOf(name);
    const text = (await this.#file(name)) ?? this.#env[variable];
    const value = text?.replace(/\r?\n$/, '');
    if (value === undefined || value === '')
      throw new MeshproofError(
        'SECRET_MISSING',
        `there is no secret "${name}": write it to a file ${name} in the folder of --secrets, or to ${variable}`,
      );
    // One line of visible characters: it goes into URLs and headers.
    if (value.length > MAX_LENGTH || !/^[\x20-\x7e]+$/.test(value))
      throw new MeshproofError('SECRET_MISSING', `the secret "${name}" is not one line of at most 16 KiB of ASCII`);
    return value;
  }

  async #file(name: string): Promise<string | undefined> {
    try {
      return await readFile(join(this.#folder, name), 'utf8');
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw new MeshproofError('SECRET_MISSING', `the file of the secret "${name}" cannot be read (${code})`, {
        cause: error,
      });
    }
  }
}

/** `ci-gate` -> MESHPROOF_SECRET_CI_GATE */
export function variableOf(name: string): string {
  return `MESHPROOF_SECRET_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}
