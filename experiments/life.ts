/**
 * The life of every experiment, as a pure reducer: declared -> the kind's own phases (see its story) ->
 * (promoting -> watching -> promoted) or (rolling-back -> rolled-back). Every transition has one function, with one
 * sentence on it. What is to be done in the world goes into the state's outbox, and is done after it is journalled.
 */
import { formatDuration } from '../contracts/units.ts';
import { answerDone, answerFailed } from './answers.ts';
import { startMeasuring } from './baseline.ts';
import { fillWindows, passWindows, takeMeasurement, withChecks } from './checks.ts';
import { chosenOf } from './chosen.ts';
import { takeIn } from './evidence.ts';
import { approvalOver, approve, pause, turnCalendar, unpause } from './forward.ts';
import { feedGuards, letGuardsPass, withGuards } from './guarding.ts';
import { grow, letPass, wasAway } from './passing-time.ts';
import { leavePromoting, leaveWatch, promoteByHand } from './promotion.ts';
import { rollBack } from './rollback.ts';
import type { Event, State, Transition, Users } from './state.ts';
import type { Story } from './story.ts';
import { join, takeOthers } from './together.ts';
import { decide, isShifting, layOverlay, stay } from './transitions.ts';
import { neverStart, takeTurn, waitForTurn } from './turn.ts';
import { leaveDeclared, takeAnswer, takeReport, throughWebhooks } from './webhooks.ts';

/** Messages with an older id are refused for their age long before so many have come. */
const HEARD_IDS = 50;

export function isOver(state: State): boolean {
  return state.phase === 'promoted' || state.phase === 'rolled-back';
}

/**
 * @param event - what happened; time comes in as elapsed milliseconds (tick, resumed), never as a clock reading
 * @returns the new state, and what must be journalled before anything of its outbox is carried out
 */
export function advance(story: Story, before: State, event: Event): Transition {
  const messageId = 'messageId' in event ? event.messageId : undefined;
  if (isOver(before) || (messageId !== undefined && before.takenMessages.includes(messageId))) return stay(before);
  let { state, decisions } = react(story, before, event);
  for (let next = goOn(story, state); next; next = goOn(story, state)) {
    state = next.state;
    decisions = [...decisions, ...next.decisions];
  }
  if (messageId !== undefined && decisions.length > 0) state = remember(state, messageId);
  return { state, decisions };
}

/** In the state that is journalled with what the message has changed: a message is never taken twice, and never lost between. */
function remember(state: State, messageId: string): State {
  return { ...state, takenMessages: [...state.takenMessages, messageId].slice(-HEARD_IDS) };
}

function react(story: Story, state: State, event: Event): Transition {
  switch (event.type) {
    case 'started':
      return beginWhenAllowed(story, state);
    case 'turn':
      return beginWhenAllowed(story, takeTurn(state, event.stable));
    case 'no-turn':
      return neverStart(state, event.why);
    case 'joined':
      return join(state, event.peer);
    case 'others':
      return takeOthers(story, state, event.others, event.why);
    case 'resumed':
      return takeUpAgain(story, state, event.awayMs);
    case 'observed':
      return stay(observed(story, state, event));
    case 'measured':
      return stay(withChecks(story, takeMeasurement(story, state, event)));
    case 'goal':
      return stay(story.takeGoal?.(state, event.report) ?? state);
    case 'tick':
      return wasAway(story, event.passedMs)
        ? takeUpAgain(story, state, event.passedMs)
        : stay(pass(story, state, event.passedMs));
    case 'abort':
      return abort(story, state, event.by, event.reason);
    case 'promote':
      return promoteByHand(story, state, event.by, event.reason);
    case 'answered':
      return takeAnswer(story, state, event);
    case 'reported':
      return takeReport(story, state, event);
    case 'calendar':
      return turnCalendar(state, event.opening);
    case 'approve':
      return approve(state, event.by, event.reason);
    case 'pause':
      return pause(story, state, event.by, event.reason);
    case 'unpause':
      return unpause(state, event.by, event.reason);
    case 'effect-done':
      return answerDone(story, state, event.id);
    case 'effect-failed': {
      const { state: next, decisions, over } = answerFailed(state, event);
      if (!over) return { state: next, decisions };
      return rollBack(story, next, 'refused', `rolled back: ${event.message}`, { code: event.code });
    }
    case 'journal-failed':
      return isShifting(story, state) || state.phase === 'declared'
        ? rollBack(story, state, 'verdict', `rolled back: the journal could not be written (${event.message})`)
        : stay(state);
  }
}

function begin(story: Story, state: State): Transition {
  if (state.after.length > 0) return waitForTurn(state);
  return story.begin?.(state) ?? startMeasuring(story, state);
}

/** Webhooks before the start come after those experiments that come before this one. */
function beginWhenAllowed(story: Story, state: State): Transition {
  return throughWebhooks(story, state, begin(story, state)) ?? stay(state);
}

function withUsers({ takeUsers }: Story, state: State, users: Users | undefined): State {
  return users && takeUsers && state.ending === null ? takeUsers(state, users) : state;
}

/** A report of some proxy: evidence for the metrics, the checks and the kind's own questions. */
function observed(story: Story, before: State, report: Extract<Event, { type: 'observed' }>): State {
  const { rows, users, comparisons = [] } = report;
  const state = withUsers(story, (story.takeIn ?? takeIn)(before, rows, comparisons), users);
  const heard = before.heard || rows.some((row) => row.epoch === before.epoch);
  return withGuards(story, withChecks(story, fillWindows(story, feedGuards(story, { ...state, heard }, rows), rows)));
}

function pass(story: Story, before: State, passedMs: number): State {
  const state = letPass(story, before, passedMs);
  const passed = passWindows(story, letGuardsPass(story, state, passedMs), passedMs);
  return withGuards(story, passed.checks === before.checks ? passed : withChecks(story, passed));
}

/** What follows from the state alone, one transition at a time; undefined when it is to stay as it is. */
function goOn(story: Story, state: State): Transition | undefined {
  if (isOver(state)) return undefined;
  if (state.ending !== null) return state.outbox.length === 0 ? end(story, state, state.ending) : undefined;
  if (state.phase === 'promoting') return leavePromoting(story, state);
  if (state.phase === 'watching') return leaveWatch(story, state);
  if (state.phase === 'declared') return leaveDeclared(story, state, (now) => begin(story, now));
  if (!isShifting(story, state)) return undefined;
  return throughWebhooks(story, state, story.goOn(state) ?? approvalOver(story, state));
}

/** A person, or the halt: everything back to the baseline now. During promotion that means the stable version too. */
function abort(story: Story, state: State, by: string, reason: string): Transition {
  if (state.phase === 'rolling-back') return stay(state);
  return rollBack(story, { ...state, haltedBy: by }, 'aborted', `aborted by ${by}: ${reason}`, { by });
}

/** -> promoted, or rolling-back -> rolled-back: all that was decided is carried out. */
function end(story: Story, state: State, ending: 'promoted' | 'rolled-back'): Transition {
  const message =
    ending === 'promoted'
      ? `${chosenOf(story, state)} is promoted`
      : `every request is back on ${story.terms.baseline || state.stable}: ${state.reason}`;
  const { verdict, totals } = state;
  const score = story.score?.(state) ?? null;
  const scored = score === null ? {} : { score };
  return decide({ ...state, phase: ending }, ending, message, { verdict, totals, ...scored });
}

/** The phase goes on in a new process (or one that had stopped): a new epoch, as proxies may have let the old overlay go. */
function takeUpAgain(story: Story, before: State, awayMs: number): Transition {
  const state: State = { ...grow(before, awayMs), silentMs: 0, opening: null, others: null };
  if (state.phase === 'declared' && state.waits === null) return beginWhenAllowed(story, state);
  const message = `taken up again after ${formatDuration(awayMs)}, in phase ${state.phase}`;
  const hasOverlay = state.ending === null && (isShifting(story, state) || state.phase === 'watching');
  const next = hasOverlay ? layOverlay(story, { ...state, heard: false }) : state;
  return decide(next, 'resumed', message, { awayMs });
}
