/**
 * Steps towards more exposure wait for what the document asks for: a person's approval, an open window, the end of a pause.
 * Steps back never come here: a rollback waits for nothing. Pure.
 */
import { formatDuration } from '../contracts/units.ts';
import { hasCalendar } from './opening.ts';
import { rollBack } from './rollback.ts';
import { othersAreReady } from './together.ts';
import type { State, Transition, Waits } from './state.ts';
import type { Story, Terms } from './story.ts';
import { decide, isShifting, stay } from './transitions.ts';

/** What the step needs. */
export type Needs = { readonly approval: boolean; readonly window: boolean; readonly others: boolean };

export const NOTHING: Needs = { approval: false, window: false, others: false };

/** Of the promotion; of a BlueGreen: of the switch. */
export function needsOf(terms: Terms): Needs {
  return {
    approval: terms.approval ?? false,
    window: hasCalendar(terms),
    others: (terms.together ?? []).length > 0,
  };
}

/**
 * @param what - the step in words: `the promotion`
 * @param go - the step itself; its state waits for nothing any more
 * @returns the step; or that it begins to wait, once; or undefined while it goes on waiting
 */
export function forward(
  state: State,
  needs: Needs,
  what: string,
  go: (state: State) => Transition,
): Transition | undefined {
  const waits = waitsFor(state, needs, what);
  if (waits === 'not known yet') return undefined;
  if (waits === null) return go({ ...state, waits: null, waitedMs: 0, approved: false });
  if (waits.for === state.waits?.for && waits.says === state.waits.says) return undefined;
  const waitedMs = waits.for === state.waits?.for ? state.waitedMs : 0;
  return decide({ ...state, waits, waitedMs, lacking: 'nothing' }, 'waiting', waits.says, { for: waits.for });
}

function waitsFor(state: State, needs: Needs, what: string): Waits | null | 'not known yet' {
  const { pausedBy, approved, opening, others } = state;
  if (pausedBy !== null) return { for: 'resume', says: `${what} waits: ${pausedBy} has paused it` };
  if (needs.approval && !approved) return { for: 'approval', says: `${what} waits for a person to approve it` };
  if (needs.window && opening === null) return 'not known yet';
  if (needs.window && opening?.isOpen === false)
    return { for: 'window', says: `${what} waits for its window: ${opening.says}` };
  // Last: what waits for the others waits for nothing else, and they may go when all stand here.
  if (!needs.others || othersAreReady(state)) return null;
  return { for: 'others', says: `${what} waits for ${others?.lagging.join(', ') ?? 'the others'}` };
}

/** What was waited for is no longer next: the evidence has changed. */
export function waitsNoMore(state: State): Transition | undefined {
  return state.waits === null ? undefined : stay({ ...state, waits: null, waitedMs: 0, approved: false });
}

/** -> rolling-back, when nobody approved in time. */
export function approvalOver(story: Story, state: State): Transition | undefined {
  const { approvalTimeout } = story.terms;
  if (state.waits?.for !== 'approval' || approvalTimeout === undefined || state.waitedMs < approvalTimeout)
    return undefined;
  const why = `nobody approved within ${formatDuration(approvalTimeout)}: ${state.waits.says}`;
  return rollBack(story, state, 'verdict', `rolled back: ${why}`);
}

/** The calendar says something new. */
export function turnCalendar(state: State, opening: NonNullable<State['opening']>): Transition {
  return stay({ ...state, opening });
}

/** A person lets the step go on that waits for it. */
export function approve(state: State, by: string, reason: string): Transition {
  if (state.waits?.for !== 'approval' || state.approved) return stay(state);
  const message = `approved by ${by}: ${reason}`;
  return decide({ ...state, approved: true }, 'approved', message, { by, reason });
}

/** A person stops the clock of the step; judging goes on, and so does the way back. */
export function pause(story: Story, state: State, by: string, reason: string): Transition {
  if (state.pausedBy !== null || !mayPause(story, state)) return stay(state);
  return decide({ ...state, pausedBy: by }, 'paused', `paused by ${by}: ${reason}`, { by, reason });
}

/** What breaks something must come to its end by its own clock. */
function mayPause(story: Story, state: State): boolean {
  return story.releases && state.phase !== 'held' && isShifting(story, state);
}

export function unpause(state: State, by: string, reason: string): Transition {
  if (state.pausedBy === null) return stay(state);
  const waits = state.waits?.for === 'resume' ? null : state.waits;
  return decide({ ...state, pausedBy: null, waits }, 'unpaused', `goes on, says ${by}: ${reason}`, { by, reason });
}
