/** The token with which a proxy asks for its identity: never an argument, which everybody on the machine could read. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TOKEN_VARIABLE } from '../contracts/identity-proof.ts';
import type { Options } from './command.ts';
import { UsageError } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** @throws UsageError when the file holds none, or when there is no control plane to show it to */
export function joinToken(
  options: Options,
  terminal: Pick<Terminal, 'env' | 'cwd'>,
  control: string | undefined,
): { readonly token?: string } {
  const file = options.text('tokenFile');
  if (file !== undefined && control === undefined) {
    throw new UsageError('--token-file is for a proxy of a mesh', 'give --control URL');
  }
  const token = file === undefined ? terminal.env[TOKEN_VARIABLE] : readToken(resolve(terminal.cwd, file));
  return token === undefined || token === '' || control === undefined ? {} : { token };
}

function readToken(path: string): string {
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new UsageError(
      `--token-file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      'make one with: meshproof ca token NAME > FILE',
    );
  }
  if (token === '') throw new UsageError(`${path} is empty`, 'make one with: meshproof ca token NAME > FILE');
  return token;
}
