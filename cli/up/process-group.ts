/** Process groups: a child and whatever it started, signalled together. And who a process is, beyond its number. */
import { readFileSync } from 'node:fs';

/** @returns false when there is no such group any more */
export function signalGroup(leaderPid: number, signal: NodeJS.Signals): boolean {
  return deliver(-leaderPid, signal);
}

/** False also for a process that has ended and only waits to be collected by its parent. */
export function isAlive(pid: number): boolean {
  return deliver(pid, 0) && statFields(pid)?.[0] !== 'Z';
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
  return statFields(pid)?.[19];
}

/** The fields of /proc/PID/stat from the third, the state, on. */
function statFields(pid: number): readonly string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold blanks.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}
