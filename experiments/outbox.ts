/** The effects that were decided and are not known to be done, oldest first. They do not depend on each other. */
import type { Effect, Pending, State } from './state.ts';

/**
 * Adds effects. One that concerns the overlay takes the place of every earlier one that does; what is to be confirmed
 * is then confirmed after it.
 */
export function ask(state: State, effects: readonly Effect[]): State {
  return effects.reduce((before, effect) => {
    const entry: Pending = { id: before.nextEffect, effect, failed: false };
    const others = before.outbox.filter((p) => !replaces(effect, p.effect));
    const waits = (p: Pending): boolean => concernsOverlay(effect) && p.effect.type === 'confirm';
    const outbox = [...others.filter((p) => !waits(p)), entry, ...others.filter(waits)];
    return { ...before, outbox, nextEffect: before.nextEffect + 1 };
  }, state);
}

function replaces(effect: Effect, earlier: Effect): boolean {
  if (effect.type === 'confirm') return earlier.type === 'confirm';
  return concernsOverlay(effect) && concernsOverlay(earlier);
}

/** The oldest effect whose time has come. Nothing is confirmed before the overlay is as it should be. */
export function nextEffect(state: State, due: (id: number) => boolean): Pending | undefined {
  const open = state.outbox.some((p) => concernsOverlay(p.effect));
  return state.outbox.find((p) => due(p.id) && !(open && p.effect.type === 'confirm'));
}

function concernsOverlay(effect: Effect): boolean {
  return effect.type === 'set-overlay' || effect.type === 'drop-overlay';
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
