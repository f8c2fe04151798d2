/** From the decision to promote to the end of the watch: the same for every kind that releases a version. */
import { formatDuration, PPM } from '../contracts/units.ts';
import { chosenOf } from './chosen.ts';
import { ask, awaits } from './outbox.ts';
import { rollBack } from './rollback.ts';
import { watched, weight } from './sentences.ts';
import type { Effect, State, Transition } from './state.ts';
import type { Story } from './story.ts';
import { othersMayGoBack } from './together.ts';
import { deadlineOver, decide, isShifting, layOverlay, stay, withoutData } from './transitions.ts';

/** The watch says nothing before this many requests. */
const WATCH_REQUESTS = 50;
/** Between moving the stable version and replacing the old overlay: the time that slow proxies have to follow. */
export const SPREAD_MS = 1_000;

/**
 * -> promoting. The stable version is moved while the step's overlay still stands: a proxy that has the new configuration
 * sends everything to the candidate (the overlay finds no request for the baseline any more), one that has not yet goes
 * on with the step's share. A crash before the move leaves the step, and after its lease the baseline; one after it
 * leaves the candidate serving, as decided. Either way the next process moves (again) and goes on.
 */
export function promote(story: Story, state: State, reason: string, by: string | null): Transition {
  const move: Effect = { type: 'move-stable', from: story.terms.baseline, to: chosenOf(story, state) };
  const next: State = {
    ...state,
    phase: 'promoting',
    elapsedMs: 0,
    lacking: 'nothing',
    reason,
    stableAsked: true,
    outbox: [],
  };
  const { verdict, judgement, totals } = state;
  return decide(ask(next, [move]), 'promote', reason, { verdict, judgement, totals, by });
}

/** Any phase before the verdict -> promoting, because a person says so: PASS only if the evidence says so too. */
export function promoteByHand(story: Story, state: State, by: string, reason: string): Transition {
  if (!story.releases || !isShifting(story, state)) return stay(state);
  const verdict = state.judgement.verdict === 'PASS' ? 'PASS' : 'INCONCLUSIVE';
  const closed = state.opening?.isOpen === false ? ` (${state.opening.says})` : '';
  return promote(story, { ...state, verdict }, `promoted by ${by}${closed}: ${reason}`, by);
}

/**
 * promoting -> watching, when the move is done and has had time to reach every proxy: one that met the watch's overlay
 * before the new configuration would send everything to the old version for that moment.
 */
export function leavePromoting(story: Story, state: State): Transition | undefined {
  const { watch } = story.terms;
  if (awaits(state, 'move-stable') || state.elapsedMs < SPREAD_MS) return undefined;
  if (watch.for === 0 && !othersMayGoBack(story, state)) return endWatch(story, state, 'not watched');
  const next: State = { ...state, phase: 'watching', elapsedMs: 0 };
  const message = `${chosenOf(story, state)} is stable; it is watched for ${formatDuration(watch.for)}`;
  return decide(layOverlay(story, next), 'watching', message);
}

/** watching -> rolling-back when the guardrail is crossed; -> promoted when it was not, or nothing more can be seen. */
export function leaveWatch(story: Story, state: State): Transition | undefined {
  const { watch } = story.terms;
  const { requests, errors } = state.watched;
  if (requests >= WATCH_REQUESTS && errors * PPM > requests * watch.maxErrors) {
    const message = `moved back: ${watched(state)} after the promotion, more than ${weight(watch.maxErrors)} %`;
    return rollBack(story, { ...state, verdict: 'FAIL' }, 'moved-back', message, { watched: state.watched });
  }
  if (state.elapsedMs >= watch.for && !othersMayGoBack(story, state))
    return endWatch(story, state, `in the watch, ${watched(state)}`);
  // The verdict was reached with evidence: missing data does not take it back.
  if (withoutData(story, state)) return endWatch(story, state, `the watch ended without data: ${watched(state)}`);
  if (deadlineOver(story, state) && awaits(state, 'set-overlay'))
    return endWatch(story, state, 'it could not be watched');
  return undefined;
}

/** promoting or watching -> promoted, when the overlay is dropped. It moves no request, so that its end moves none. */
function endWatch(story: Story, state: State, how: string): Transition {
  const reason = `${state.reason}; ${how}`;
  const next = ask({ ...state, ending: 'promoted', reason }, [{ type: 'drop-overlay' }]);
  return decide(next, 'watch-over', `${chosenOf(story, state)} stays: ${how}`, { watched: state.watched });
}
