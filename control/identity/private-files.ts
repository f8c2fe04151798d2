/** Files that only the owner may read, and that are there whole or not at all. */
import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { MeshproofError } from '../../contracts/errors.ts';

const OWNER_ONLY = 0o600;
const OTHERS = 0o077;

/** @returns undefined: there is none @throws MeshproofError IDENTITY_ROOT_INVALID when others may read it */
export function readPrivate(path: string): string | undefined {
  let mode: number;
  try {
    mode = statSync(path).mode;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  if ((mode & OTHERS) !== 0) {
    throw new MeshproofError('IDENTITY_ROOT_INVALID', `others may read ${path}; if nobody has: chmod 600 ${path}`);
  }
  return readFileSync(path, 'utf8');
}

/** Durable when it returns. */
export function writePrivate(path: string, text: string): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  const temporary = `${path}.tmp`;
  const file = openSync(temporary, 'w', OWNER_ONLY);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}
