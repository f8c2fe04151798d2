/** What `up` leaves on disk so that `down`, in another shell, finds it: who it is and what it started. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isAlive, startTicks } from './process-group.ts';

const Identity = z.object({ pid: z.int(), ticks: z.string().optional() });
const State = z.object({
  supervisor: Identity,
  control: z.string(),
  startedAt: z.string(),
  children: z.array(Identity.extend({ name: z.string() })),
});
export type UpState = z.output<typeof State>;
export type Identity = z.output<typeof Identity>;

const FILE = 'up.json';

export function identify(pid: number): Identity {
  const ticks = startTicks(pid);
  return ticks === undefined ? { pid } : { pid, ticks };
}

/** True while that very process lives; another one with the same number does not count. */
export function isStillThere({ pid, ticks }: Identity): boolean {
  return isAlive(pid) && (ticks === undefined || startTicks(pid) === ticks);
}

export function writeState(dataDir: string, state: UpState): void {
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(join(dataDir, FILE), `${JSON.stringify(state, null, 2)}\n`);
}

/** @returns undefined when there is none, or when it cannot be read as one */
export function readState(dataDir: string): UpState | undefined {
  let text: string;
  try {
    text = readFileSync(join(dataDir, FILE), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return State.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

export function removeState(dataDir: string): void {
  rmSync(join(dataDir, FILE), { force: true });
}
