/**
 * Webhooks of a document: what follows when one is to be asked, and from its answer. A transition towards more exposure
 * is computed as ever, and held back until every webhook of its point has said yes; a rollback waits for none. Pure.
 */
import { formatDuration } from '../contracts/units.ts';
import { DEFAULT_INTERVAL_MS } from '../contracts/webhook.ts';
import { hooksOf } from './hooks.ts';
import type { Hook } from './hooks.ts';
import { rollBack } from './rollback.ts';
import type { Event, State, Transition } from './state.ts';
import type { Story } from './story.ts';
import { deadlineOver, decide, isShifting, stay } from './transitions.ts';

type Answered = Extract<Event, { type: 'answered' }>;

/** A place in a run's life where webhooks are asked. @property key - says which one it is: `before-step 2` */
type Point = { readonly at: Hook['at']; readonly key: string; readonly what: string };

export const DURING = 'during';

/** A webhook whose answer is wanted now. */
export type Wanted = { readonly hook: Hook; readonly key: string };

export function wantedNow(story: Story, state: State): readonly Wanted[] {
  const hooks = hooksOf(story.terms);
  if (hooks.length === 0 || state.ending !== null) return [];
  const during = isServing(story, state) ? hooks.filter((hook) => hook.at === DURING) : [];
  return [...gateWanted(story, state, hooks), ...during.map((hook) => ({ hook, key: DURING }))];
}

/** In the order of the document, one question at a time: a later one may be expensive. What is reported comes by itself. */
function gateWanted(story: Story, { asking, phase }: State, hooks: readonly Hook[]): readonly Wanted[] {
  if (asking === null || (phase !== 'declared' && !isShifting(story, { phase }))) return [];
  const { key, passed } = asking;
  const open = hooks.filter(({ at, name }) => key.split(' ')[0] === at && !passed.includes(name));
  const reported = open.filter(({ webhook }) => webhook === null);
  const [question] = open.filter(({ webhook }) => webhook !== null);
  return [...(question ? [question] : []), ...reported].map((hook) => ({ hook, key }));
}

/** The candidate has traffic, or faults are in force. */
function isServing(story: Story, state: Pick<State, 'phase' | 'stepIndex'>): boolean {
  return state.stepIndex >= 0 && state.phase !== 'recovering' && isShifting(story, state);
}

/**
 * @param next - what the kind would do now
 * @returns it, where no webhook stands before it or all have said yes; that they are asked, once; undefined while they are
 */
export function throughWebhooks(story: Story, state: State, next: Transition | undefined): Transition | undefined {
  const point = next && pointOf(story, state, next.state);
  const hooks = hooksOf(story.terms).filter(({ at }) => at === point?.at);
  if (!next || !point || hooks.length === 0) return next;
  const { asking } = state;
  const isAsked = asking?.key === point.key;
  const open = hooks.filter(({ name }) => !isAsked || !asking.passed.includes(name)).map(({ name }) => name);
  if (open.length === 0 && standsReady(next.state)) return next;
  if (open.length === 0) return { ...next, state: { ...next.state, asking: null } };
  const says = `${point.what} waits for the answer${open.length === 1 ? '' : 's'} of ${open.join(', ')}`;
  const waits = { for: 'webhook' as const, says };
  if (isAsked) return state.waits?.says === says ? undefined : stay({ ...state, waits });
  const fresh = { key: point.key, passed: [], refused: [] };
  const evidence = { for: 'webhook', webhooks: open };
  return decide({ ...state, asking: fresh, waits, waitedMs: 0, lacking: 'nothing' }, 'waiting', says, evidence);
}

function pointOf(story: Story, before: State, next: State): Point | undefined {
  if (before.phase === 'declared') return next.phase === 'declared' ? undefined : START;
  // What is released together with others stands ready for them only when nobody can say no any more.
  if (standsReady(next)) return before.phase === 'previewing' ? stepPoint(before.stepIndex + 1) : PROMOTION;
  if (next.phase === 'promoting' && before.phase !== 'promoting') return PROMOTION;
  // What breaks something runs by its own clock: its stages are one step.
  const isStep = next.stepIndex > before.stepIndex && (story.releases || before.stepIndex < 0);
  return isStep && isShifting(story, next) ? stepPoint(next.stepIndex) : undefined;
}

const START: Point = { at: 'before-start', key: 'before-start', what: 'the start' };
const PROMOTION: Point = { at: 'before-promotion', key: 'before-promotion', what: 'the promotion' };

function stepPoint(index: number): Point {
  return { at: 'before-step', key: `before-step ${index + 1}`, what: `step ${index + 1}` };
}

function standsReady({ waits }: State): boolean {
  return waits?.for === 'others';
}

/** declared -> the first transition, when every webhook before the start has said yes; -> rolling-back at the deadline. */
export function leaveDeclared(story: Story, state: State, begin: (state: State) => Transition): Transition | undefined {
  if (state.asking === null) return undefined;
  if (deadlineOver(story, state))
    return rollBack(story, state, 'verdict', `not started: ${state.waits?.says ?? 'it waits'} until the deadline`);
  return throughWebhooks(story, state, begin({ ...state, elapsedMs: 0, waits: null }));
}

/** An answer to a question that is not asked any more changes nothing. */
export function takeAnswer(story: Story, state: State, answered: Answered): Transition {
  const wanted = wantedNow(story, state).find(
    ({ hook, key }) => hook.name === answered.webhook && key === answered.key,
  );
  if (!wanted) return stay(state);
  const { answer, says } = answered;
  switch (answer) {
    case 'yes':
      return yes(state, wanted, sentence(wanted, 'says yes'), says);
    case 'no':
      return no(story, state, wanted, says);
    case 'error':
      return error(story, state, wanted, says);
  }
}

/** What a run that is as `state` waits for from this sender. */
export function awaited(story: Story, state: State, sender: string, gate: string): Wanted | undefined {
  return wantedNow(story, state).find(({ hook }) => hook.name === gate && hook.by === sender);
}

/** A report at a gate that the run does not stand at changes nothing. */
export function takeReport(story: Story, state: State, reported: Extract<Event, { type: 'reported' }>): Transition {
  const wanted = awaited(story, state, reported.sender, reported.gate);
  if (!wanted) return stay(state);
  if (reported.answer === 'no') return no(story, state, wanted, reported.says);
  return yes(state, wanted, sentence(wanted, `says yes: ${reported.says}`), reported.says);
}

function sentence({ hook, key }: Wanted, says: string): string {
  return `${hook.by === null ? 'the webhook' : hook.by} ${hook.by === null ? hook.name : `at ${hook.name}`} ${says} (${key})`;
}

function yes(state: State, wanted: Wanted, message: string, says: string): Transition {
  const { hook, key } = wanted;
  const unanswered = state.unanswered.filter((name) => name !== hook.name);
  if (key === DURING) return stay({ ...state, unanswered });
  const { asking } = state;
  const next: State = { ...state, unanswered, asking: asking && { ...asking, passed: [...asking.passed, hook.name] } };
  return decide(next, 'answered', message, evidenceOf(wanted, 'yes', says));
}

function no(story: Story, state: State, wanted: Wanted, says: string): Transition {
  const { hook, key } = wanted;
  const said = `${sentence(wanted, 'says no')}: ${says}`;
  const evidence = evidenceOf(wanted, 'no', says);
  // Who watches the candidate speaks of it; who stands before a step speaks of anything.
  if (key === DURING)
    return rollBack(story, { ...state, verdict: 'FAIL' }, 'verdict', `rolled back: ${said}`, evidence);
  const { asking } = state;
  if (hook.onNo !== 'wait' || deadlineOver(story, state) || asking === null)
    return rollBack(story, state, 'verdict', `rolled back: ${said}`, evidence);
  if (asking.refused.includes(hook.name)) return stay(state);
  const every = formatDuration(hook.interval ?? DEFAULT_INTERVAL_MS);
  const next: State = { ...state, asking: { ...asking, refused: [...asking.refused, hook.name] } };
  const then = hook.by === null ? `it is asked again every ${every}` : 'a later yes lets it go on';
  return decide(next, 'answered', `${said}; ${then}`, evidence);
}

function error(story: Story, state: State, wanted: Wanted, says: string): Transition {
  const { hook, key } = wanted;
  const said = `${sentence(wanted, 'gave no answer')}: ${says}`;
  const evidence = evidenceOf(wanted, 'error', says);
  if (hook.onError === 'rollback') return rollBack(story, state, 'verdict', `rolled back: ${said}`, evidence);
  const ignored = `${said}; the document ignores that`;
  if (key !== DURING)
    return { ...yes(state, wanted, ignored, says), decisions: [{ type: 'answered', message: ignored, evidence }] };
  if (state.unanswered.includes(hook.name)) return stay(state);
  return decide({ ...state, unanswered: [...state.unanswered, hook.name] }, 'answered', ignored, evidence);
}

function evidenceOf({ hook, key }: Wanted, answer: Answered['answer'], says: string): Record<string, unknown> {
  return { webhook: { name: hook.name, at: key, answer, says, ...(hook.by === null ? {} : { by: hook.by }) } };
}
