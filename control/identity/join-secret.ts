/** The secret from which the tokens of all identities are made. Who can read it may be anybody in the mesh. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { JOIN_SECRET_FILE } from '../../contracts/identity-proof.ts';
import { readPrivate, writePrivate } from './private-files.ts';

const BYTES = 32;

/** @returns undefined: this control plane has never run */
export function readJoinSecret(dataDir: string): string | undefined {
  return readPrivate(join(dataDir, JOIN_SECRET_FILE));
}

/** Made once. The caller holds the lock of the data directory. */
export function joinSecretOf(dataDir: string): string {
  const known = readJoinSecret(dataDir);
  if (known !== undefined) return known;
  const secret = randomBytes(BYTES).toString('base64url');
  writePrivate(join(dataDir, JOIN_SECRET_FILE), secret);
  return secret;
}
