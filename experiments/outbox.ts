/** The effects that were decided and are not known to be done, oldest first. They do not depend on each other. */
import type { Effect, Pending, State } from './state.ts';

/** Adds effects. One that concerns the overlay takes the place of every earlier one that does. */
export function ask(state: State, effects: readonly Effect[]): State {
  return effects.reduce((before, effect) => {
    const outbox = concernsOverlay(effect) ? before.outbox.filter((p) => !concernsOverlay(p.effect)) : before.outbox;
    return {
      ...before,
      outbox: [...outbox, { id: before.nextEffect, effect, failed: false }],
      nextEffect: before.nextEffect + 1,
    };
  }, state);
}

function concernsOverlay(effect: Effect): boolean {
  return effect.type !== 'move-stable';
}

export function pending(state: State, id: number): Pending | undefined {
  return state.outbox.find((p) => p.id === id);
}

/** @returns whether an effect of this type is still to be done */
export function awaits(state: State, type: Effect['type']): boolean {
  return state.outbox.some((p) => p.effect.type === type);
}

/** Takes an effect out: it is done, or given up. */
export function settle(state: State, id: number): State {
  return { ...state, outbox: state.outbox.filter((p) => p.id !== id) };
}

export function markFailed(state: State, id: number): State {
  return { ...state, outbox: state.outbox.map((p) => (p.id === id ? { ...p, failed: true } : p)) };
}

/** Takes every move of the stable version out; one that is under way is answered by the move back that follows. */
export function cancelMoves(state: State): State {
  return { ...state, outbox: state.outbox.filter((p) => p.effect.type !== 'move-stable') };
}
