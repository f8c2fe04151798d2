/** The ways out before a promotion, the same for every kind. */
import { formatDuration } from '../contracts/units.ts';
import { forward, needsOf, NOTHING } from './forward.ts';
import { promote } from './promotion.ts';
import { rollBack } from './rollback.ts';
import { othersAreReady } from './together.ts';
import { failure, known } from './sentences.ts';
import type { State, Transition } from './state.ts';
import type { Story } from './story.ts';
import { deadlineOver, decide } from './transitions.ts';

/** -> rolling-back, with the evidence that the candidate is worse. */
export function fail(story: Story, state: State, why = failure(state.judgement)): Transition {
  return rollBack(story, { ...state, verdict: 'FAIL' }, 'verdict', `rolled back: ${why}`);
}

/** -> rolling-back: with nothing seen, nothing may be risked, whatever the document says of INCONCLUSIVE. */
export function endWithoutData(story: Story, state: State): Transition {
  const why = `no data, no proxy has reported for ${formatDuration(state.silentMs)}`;
  return rollBack(story, state, 'verdict', `rolled back: ${why}`);
}

/** INCONCLUSIVE is a verdict of its own; the document says what follows from it. */
export function inconclusive(story: Story, before: State, why: string): Transition | undefined {
  const policy = story.terms.onInconclusive;
  if (policy === 'promote') return promoteAllTheSame(story, before, why);
  const state: State = { ...before, verdict: 'INCONCLUSIVE' };
  // After the deadline nobody is waited for.
  if (policy === 'rollback' || deadlineOver(story, state))
    return rollBack(story, state, 'verdict', `rolled back: ${before.waits ? `${before.waits.says}; ` : ''}${why}`);
  const reason = `waiting for a person to promote or abort: ${why}`;
  const { judgement, totals } = state;
  return decide({ ...state, phase: 'held', waits: null, waitedMs: 0, lacking: 'nothing', reason }, 'held', reason, {
    judgement,
    totals,
  });
}

/** The document's word on INCONCLUSIVE takes the place of the evidence, not of a person's approval or of a window. */
function promoteAllTheSame(story: Story, state: State, why: string): Transition | undefined {
  const isSwitched = state.phase === 'switched';
  const needs = isSwitched ? NOTHING : needsOf(story.terms);
  const missed = needs.approval && !state.approved ? 'nobody approved the promotion' : undefined;
  const lagging = needs.others && !othersAreReady(state) ? 'the others were not ready' : undefined;
  const late = deadlineOver(story, state) ? (missed ?? lagging) : undefined;
  if (late !== undefined) return rollBack(story, state, 'verdict', `rolled back: ${late} in time: ${why}`);
  return forward(state, needs, 'the promotion', (now) => {
    const reason = `promoted, as the document says of INCONCLUSIVE: ${why}`;
    return promote(story, { ...now, verdict: 'INCONCLUSIVE' }, reason, null);
  });
}

/** held -> rolling-back, when nobody decided in time. A person may promote or abort before that. */
export function leaveHeld(story: Story, state: State): Transition | undefined {
  if (!deadlineOver(story, state)) return undefined;
  return rollBack(story, state, 'verdict', `rolled back: nobody decided in time: ${known(state)}`);
}
