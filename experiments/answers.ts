/** What the world answered to an effect: done, failed, or refused. */
import { MeshproofError } from '../contracts/errors.ts';
import { markFailed, pending, settle } from './outbox.ts';
import { letPass } from './passing-time.ts';
import type { Effect, Event, State, Transition } from './state.ts';
import type { Story } from './story.ts';

/** An effect is done. One that is not asked for any more (decided otherwise meanwhile) changes nothing. */
export function answerDone(story: Story, before: State, id: number): Transition {
  const effect = pending(before, id)?.effect;
  if (!effect) return { state: before, decisions: [] };
  const state = settle(before, id);
  return {
    state: inForce(story, state, effect),
    decisions: [{ type: 'done', message: sentence(effect), evidence: { effect } }],
  };
}

/** The clocks start when it is done: a step lasts from its overlay on, the spreading of a promotion from its move on. */
function inForce(story: Story, state: State, effect: Effect): State {
  if (effect.type === 'set-overlay') return letPass(story, { ...state, epochMs: 0, silentMs: 0 }, 0);
  if (effect.type === 'move-stable' && state.phase === 'promoting') return { ...state, elapsedMs: 0 };
  return state;
}

function sentence(effect: Effect): string {
  switch (effect.type) {
    case 'set-overlay':
      return `the overlay of epoch ${effect.overlay.epoch} is set`;
    case 'drop-overlay':
      return 'the overlay is dropped';
    case 'move-stable':
      return `stable is ${effect.to}`;
    case 'confirm':
      return 'every connected proxy has acknowledged it';
  }
}

type Failed = Extract<Event, { type: 'effect-failed' }>;

/**
 * Overlays are set and dropped again and again until it is done. A promotion that cannot be made ends the run (`over`).
 * A move back is tried until it is done too, unless the world refuses it: then a person has moved the version, and
 * it is left to that person.
 */
export function answerFailed(before: State, failed: Failed): Transition & { readonly over: boolean } {
  const found = pending(before, failed.id);
  if (!found) return { state: before, decisions: [], over: false };
  const { effect } = found;
  const evidence = { effect, code: failed.code };
  const message = `${failed.code}: ${failed.message}`;
  const isMove = effect.type === 'move-stable';
  if (isMove && before.ending !== 'rolled-back') {
    // A refusal says that nothing was moved; a failure may have come after the move.
    const state: State = { ...settle(before, failed.id), stableAsked: !failed.final };
    return { state, decisions: [], over: true };
  }
  if (isMove && failed.final) {
    const state: State = {
      ...settle(before, failed.id),
      reason: `${before.reason}; stable is left as it is: ${message}`,
    };
    return { state, decisions: [{ type: 'refused', message, evidence }], over: false };
  }
  const decisions = found.failed
    ? []
    : [{ type: 'failing' as const, message: `${message}; tried again until it is done`, evidence }];
  return { state: markFailed(before, failed.id), decisions, over: false };
}

/** What a failed effect is told as. @param error - anything that was thrown */
export function failedEvent(id: number, error: unknown): Failed {
  if (error instanceof MeshproofError)
    return { type: 'effect-failed', id, code: error.code, message: error.detail, final: error.status < 500 };
  const message = error instanceof Error ? error.message : String(error);
  return { type: 'effect-failed', id, code: 'INTERNAL', message, final: false };
}
