/** One control plane per data directory: two would decide twice. A lock left behind by a killed process is recognised. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MeshproofError } from '../contracts/errors.ts';

const LOCK = 'control.pid';

/** @returns the release @throws MeshproofError ADDRESS_IN_USE when another control plane uses the directory */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const path = join(dataDir, LOCK);
  const owner = ownerOf(path);
  if (owner !== undefined && owner !== process.pid && isControlPlane(owner)) {
    throw new MeshproofError(
      'ADDRESS_IN_USE',
      `${dataDir} is in use by the control plane with process id ${owner}; stop it or choose another --data`,
    );
  }
  writeFileSync(path, String(process.pid));
  return () => {
    if (ownerOf(path) === process.pid) rmSync(path, { force: true });
  };
}

function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Alive, and (where /proc tells) really a node process: process ids are used again. */
function isControlPlane(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return command.includes('node') || command.includes('meshproof');
  } catch {
    return true;
  }
}
