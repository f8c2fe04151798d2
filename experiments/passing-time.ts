/** What passing time means for a run. The clocks of a step and of the watch stand still while nothing can be seen. */
import { ageRecent } from './counts.ts';
import { awaits } from './outbox.ts';
import { ageArms } from './test-arms.ts';
import type { State } from './state.ts';
import type { Story } from './story.ts';

/**
 * Without an overlay in force, or without reports, no time passes for a step: "no data" must neither advance nor end it
 * by itself. The run's age, by which the deadline is measured, always goes on.
 */
export function letPass({ terms }: Story, state: State, passedMs: number): State {
  const ageMs = state.ageMs + passedMs;
  if (awaits(state, 'set-overlay')) return { ...state, ageMs };
  const silentMs = state.silentMs + passedMs;
  const blind = silentMs > terms.lease && state.phase !== 'promoting';
  const epochMs = state.epochMs + (blind ? 0 : passedMs);
  return {
    ...state,
    ageMs,
    silentMs,
    elapsedMs: state.elapsedMs + (blind ? 0 : passedMs),
    epochMs,
    testArms: blind || state.testArms === null ? state.testArms : ageArms(state.testArms, passedMs),
    recent: blind ? state.recent : ageRecent(state.recent, passedMs),
    warmEpoch: epochMs >= terms.analysis.warmup ? state.epoch : state.warmEpoch,
  };
}

/**
 * A gap longer than the lease between two ticks: the process was stopped (a closed laptop lid). No heartbeat went out
 * either, so that the proxies have let go of the overlay.
 */
export function wasAway({ terms }: Story, passedMs: number): boolean {
  return passedMs > terms.lease;
}
