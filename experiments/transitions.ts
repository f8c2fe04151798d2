/** The bricks of which transitions are made, whatever the kind. Pure. */
import { formatDuration } from '../contracts/units.ts';
import { ask } from './outbox.ts';
import { watchingOverlay } from './overlay-of.ts';
import { lacking } from './sentences.ts';
import type { Decision, State, Transition } from './state.ts';
import type { Story } from './story.ts';
import { warmingUpMs } from './warming-up.ts';

/** R5: missing data ends an experiment as bad data does, after this many leases without a report. */
const LEASES_WITHOUT_DATA = 3;

export function stay(state: State): Transition {
  return { state, decisions: [] };
}

export function decide(
  state: State,
  type: Decision['type'],
  message: string,
  evidence: Record<string, unknown> = {},
): Transition {
  return { state, decisions: [{ type, message, evidence }] };
}

/** Asks for the overlay of the state's phase, in an epoch of its own. */
export function layOverlay(story: Story, state: State): State {
  const epoch = state.epoch + 1;
  const warmEpoch = warmingUpMs(story.terms.analysis.warmup, state.judge) === 0 ? epoch : state.warmEpoch;
  const overlay = state.phase === 'watching' ? watchingOverlay(story, state, epoch) : story.overlay(state, epoch);
  return ask({ ...state, epoch, epochMs: 0, silentMs: 0, warmEpoch }, [{ type: 'set-overlay', overlay }]);
}

/** While the kind's own overlay stands and nothing is decided. */
export function isShifting(story: Story, { phase }: Pick<State, 'phase'>): boolean {
  return story.phases.includes(phase);
}

/** Says once that something is missing that does not come by itself. */
export function notice(story: Story, state: State, wantsTraffic: boolean): Transition | undefined {
  const blind = state.silentMs > story.terms.lease;
  const now: State['lacking'] = blind ? 'data' : wantsTraffic ? 'traffic' : 'nothing';
  if (now === state.lacking) return undefined;
  const next: State = { ...state, lacking: now };
  const message = lacking(story.terms, next);
  return message === undefined ? stay(next) : decide(next, now === 'data' ? 'no-data' : 'no-traffic', message);
}

export function withoutData({ terms }: Story, state: State): boolean {
  return state.silentMs > LEASES_WITHOUT_DATA * terms.lease;
}

export function deadlineOver({ terms }: Story, state: State): boolean {
  return state.ageMs > terms.deadline;
}

export function deadlineSentence({ terms }: Story): string {
  return `the deadline of ${formatDuration(terms.deadline)} came`;
}
