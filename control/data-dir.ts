/**
 * One control plane per data directory: two would decide twice. The lock is a transaction that stays open on a file of
 * its own, so the operating system lets go of it whenever and however the process ends; process ids, which are used
 * again, decide nothing and only serve the message.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createClient, LibsqlError } from '@libsql/client';
import type { Transaction } from '@libsql/client';
import { MeshproofError } from '../contracts/errors.ts';

const LOCK = 'control.lock';
const OWNER = 'control.pid';

/** Makes the directory if there is none. @returns the release @throws MeshproofError ADDRESS_IN_USE when another control plane uses it */
export async function lockDataDir(dataDir: string): Promise<() => void> {
  mkdirSync(dataDir, { recursive: true });
  const client = createClient({ url: pathToFileURL(join(dataDir, LOCK)).href, timeout: 0 });
  let held: Transaction;
  try {
    held = await client.transaction('write');
  } catch (error) {
    client.close();
    if (!(error instanceof LibsqlError) || !error.code.startsWith('SQLITE_BUSY')) throw error;
    throw new MeshproofError(
      'ADDRESS_IN_USE',
      `${dataDir} is in use by the control plane with process id ${ownerOf(dataDir)}; stop it or choose another --data`,
      { cause: error },
    );
  }
  writeFileSync(join(dataDir, OWNER), String(process.pid));
  return () => {
    held.close(); // closing the client alone leaves the lock to the garbage collector
    client.close();
  };
}

function ownerOf(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, OWNER), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'unknown';
    throw error;
  }
}
