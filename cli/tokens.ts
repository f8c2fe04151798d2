/** Tokens for proxies, made from the secret in the data directory of a control plane: who may read it may be anybody. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JOIN_SECRET_FILE, tokenFor } from '../contracts/identity-proof.ts';

/** @param dataDir - of the control plane @returns undefined: none has run with it @throws Error when it cannot be read */
export function tokenMaker(dataDir: string): ((identity: string) => string) | undefined {
  let secret: string;
  try {
    secret = readFileSync(join(dataDir, JOIN_SECRET_FILE), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return (identity) => tokenFor(identity, secret);
}
