/** What passing time means for a run. The clocks of a step and of the watch stand still while nothing can be seen. */
import { ageRecent } from './counts.ts';
import { awaits } from './outbox.ts';
import { ageArms } from './test-arms.ts';
import type { State } from './state.ts';
import type { Story } from './story.ts';
import { warmingUpMs } from './warming-up.ts';

/**
 * Without an overlay in force, or without reports, no time passes for a step: "no data" must neither advance nor end it
 * by itself; nor does any while a person has paused it, nor after a restart before the overlay is seen in force again. The run's age, by which the deadline is measured, goes on but for
 * the waits for a window and for other experiments, which may be days away.
 */
export function letPass(story: Story, before: State, passedMs: number): State {
  const { terms } = story;
  const state = grow(before, passedMs);
  if (awaits(state, 'set-overlay')) return state;
  const silentMs = state.silentMs + passedMs;
  const blind = silentMs > terms.lease && state.phase !== 'promoting';
  const epochMs = state.epochMs + (blind ? 0 : passedMs);
  const heard = state.heard || epochMs >= terms.lease;
  return {
    ...state,
    silentMs,
    elapsedMs: state.elapsedMs + (blind || !heard || state.pausedBy !== null ? 0 : passedMs),
    epochMs,
    heard,
    testArms: blind || state.testArms === null ? state.testArms : ageArms(state.testArms, passedMs),
    recent: blind ? state.recent : ageRecent(state.recent, passedMs),
    warmEpoch: epochMs >= warmingUpMs(terms.analysis.warmup, state.judge) ? state.epoch : state.warmEpoch,
  };
}

/** What passes for a run in any case, with a control plane or without. */
export function grow(state: State, passedMs: number): State {
  const waitsFor = state.waits?.for;
  return {
    ...state,
    ageMs: state.ageMs + (waitsFor === 'window' || waitsFor === 'after' ? 0 : passedMs),
    waitedMs: state.waitedMs + (waitsFor === 'approval' ? passedMs : 0),
  };
}

/**
 * A gap longer than the lease between two ticks: the process was stopped (a closed laptop lid). No heartbeat went out
 * either, so that the proxies have let go of the overlay.
 */
export function wasAway({ terms }: Story, passedMs: number): boolean {
  return passedMs > terms.lease;
}
