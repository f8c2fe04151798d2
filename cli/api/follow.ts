/**
 * Follows something in the control plane until it is over. Asks again and again rather than holding a stream: a
 * control plane that is restarted in between is met again without any bookkeeping.
 */
import { MeshproofError } from '../../contracts/errors.ts';
import { pause } from './pause.ts';

/** A control plane that is away for longer than this ends the wait. */
export const AWAY_LIMIT_MS = 30_000;

export type Follow<T> = {
  readonly ask: () => Promise<T>;
  readonly ended: (value: T) => boolean;
  /** Told of every answer. */
  readonly onValue: (value: T) => void;
  /** Told once when the control plane stops answering, and once when it answers again. */
  readonly onAway: (away: boolean) => void;
  readonly everyMs: number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
  readonly pause?: (ms: number, signal: AbortSignal) => Promise<void>;
};

export type Followed<T> = { readonly value: T | undefined; readonly how: 'ended' | 'timeout' | 'interrupted' };

/** @throws MeshproofError as `ask` does; CONTROL_UNREACHABLE only after AWAY_LIMIT_MS, or when it never answered */
export async function follow<T>(f: Follow<T>): Promise<Followed<T>> {
  let value: T | undefined;
  let awaySinceMs: number | undefined;
  const wait = f.pause ?? pause;
  while (!f.signal.aborted) {
    try {
      value = await f.ask();
      if (awaySinceMs !== undefined) f.onAway(false);
      awaySinceMs = undefined;
      f.onValue(value);
      if (f.ended(value)) return { value, how: 'ended' };
    } catch (error) {
      if (f.signal.aborted) break;
      if (!isAway(error) || value === undefined) throw error;
      if (awaySinceMs === undefined) f.onAway(true);
      awaySinceMs ??= f.nowMs();
      if (f.nowMs() - awaySinceMs > AWAY_LIMIT_MS) throw error;
    }
    if (f.nowMs() >= f.deadlineMs) return { value, how: 'timeout' };
    await wait(Math.max(1, Math.min(f.everyMs, f.deadlineMs - f.nowMs())), f.signal);
  }
  return { value, how: 'interrupted' };
}

function isAway(error: unknown): boolean {
  return error instanceof MeshproofError && error.code === 'CONTROL_UNREACHABLE';
}
