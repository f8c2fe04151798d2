/** The first part of every life: the baseline is measured, and nothing is sent elsewhere. */
import { formatDuration } from '../contracts/units.ts';
import { inconclusive } from './endings.ts';
import { awaits } from './outbox.ts';
import type { State, Transition } from './state.ts';
import type { Story } from './story.ts';
import { deadlineOver, deadlineSentence, decide, layOverlay, notice } from './transitions.ts';

/** declared -> measuring: an overlay that sends nothing to the candidate, so that the baseline is counted. */
export function startMeasuring(story: Story, state: State): Transition {
  const { baseline, measure } = story.terms;
  const reason = `measuring ${baseline} for ${formatDuration(measure)}`;
  return decide(layOverlay(story, { ...state, phase: 'measuring', reason }), 'measuring', reason);
}

/**
 * measuring -> what comes next, once the baseline had traffic for long enough; -> INCONCLUSIVE at the deadline.
 * @param next - the kind's own first step
 */
export function leaveMeasuring(story: Story, state: State, next: () => Transition | undefined): Transition | undefined {
  if (deadlineOver(story, state)) return inconclusive(story, state, `${deadlineSentence(story)} before the first step`);
  const measuredLongEnough = state.elapsedMs >= story.terms.measure && !awaits(state, 'set-overlay');
  if (measuredLongEnough && state.measured > 0) return next();
  return notice(story, state, measuredLongEnough);
}
