/** Process groups: a child and whatever it started, signalled together. And who a process is, beyond its number. */
import { readFileSync } from 'node:fs';

/** @returns false when there is no such group any more */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): boolean {
  return deliver(-leaderPid, signal);
}

export function isAlive(pid: number): boolean {
  return deliver(pid, 0);
}

function deliver(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM')) return false;
    throw error;
  }
}

/**
 * When the process started, in clock ticks since boot: with its number it names a process that lives, even after the
 * number was given to another. Undefined where the system does not tell (no /proc), or when the process is gone.
 */
export function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold blanks; the 22nd field is the start.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
