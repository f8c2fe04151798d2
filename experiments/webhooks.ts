/**
 * Webhooks of a document: what follows when one is to be asked, and from its answer. A transition towards more exposure
 * is computed as ever, and held back until every webhook of its point has said yes; a rollback waits for none. Pure.
 */
import { formatDuration } from '../contracts/units.ts';
import { DEFAULT_INTERVAL_MS } from '../contracts/webhook.ts';
import type { Webhook } from '../contracts/webhook.ts';
import { rollBack } from './rollback.ts';
import type { Event, State, Transition } from './state.ts';
import type { Story } from './story.ts';
import { deadlineOver, decide, isShifting, stay } from './transitions.ts';

type Answered = Extract<Event, { type: 'answered' }>;

/** A place in a run's life where webhooks are asked. @property key - says which one it is: `before-step 2` */
type Point = { readonly at: Webhook['at']; readonly key: string; readonly what: string };

export const DURING = 'during';

/** A webhook whose answer is wanted now. */
export type Wanted = { readonly hook: Webhook; readonly key: string };

export function wantedNow(story: Story, state: State): readonly Wanted[] {
  const hooks = story.terms.webhooks ?? [];
  if (hooks.length === 0 || state.ending !== null) return [];
  const during = isServing(story, state) ? hooks.filter((hook) => hook.at === DURING) : [];
  return [...gateWanted(story, state, hooks), ...during.map((hook) => ({ hook, key: DURING }))];
}

/** In the order of the document, one at a time: a later one may be expensive. */
function gateWanted(story: Story, { asking, phase }: State, hooks: readonly Webhook[]): readonly Wanted[] {
  if (asking === null || (phase !== 'declared' && !isShifting(story, { phase }))) return [];
  const hook = hooks.find(({ at, name }) => asking.key.split(' ')[0] === at && !asking.passed.includes(name));
  return hook ? [{ hook, key: asking.key }] : [];
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
  const hooks = (story.terms.webhooks ?? []).filter(({ at }) => at === point?.at);
  if (!next || !point || hooks.length === 0) return next;
  const { asking } = state;
  const isAsked = asking?.key === point.key;
  const open = hooks.filter(({ name }) => !isAsked || !asking.passed.includes(name)).map(({ name }) => name);
  if (open.length === 0 && standsReady(next.state)) return next;
  if (open.length === 0) return { ...next, state: { ...next.state, asking: null } };
  const says = `${point.what} waits for ${open.length === 1 ? 'the webhook' : 'the webhooks'} ${open.join(', ')}`;
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
  switch (answered.answer) {
    case 'yes':
      return yes(state, wanted, `the webhook ${wanted.hook.name} says yes`, answered);
    case 'no':
      return no(story, state, wanted, answered);
    case 'error':
      return error(story, state, wanted, answered);
  }
}

function yes(state: State, { hook, key }: Wanted, message: string, answered: Answered): Transition {
  const unanswered = state.unanswered.filter((name) => name !== hook.name);
  if (key === DURING) return stay({ ...state, unanswered });
  const { asking } = state;
  const next: State = { ...state, unanswered, asking: asking && { ...asking, passed: [...asking.passed, hook.name] } };
  return decide(next, 'answered', `${message} (${key})`, evidenceOf(answered));
}

function no(story: Story, state: State, { hook, key }: Wanted, answered: Answered): Transition {
  const said = `the webhook ${hook.name} says no (${key}): ${answered.says}`;
  const evidence = evidenceOf(answered);
  // Who watches the candidate speaks of it; who stands before a step speaks of anything.
  if (key === DURING)
    return rollBack(story, { ...state, verdict: 'FAIL' }, 'verdict', `rolled back: ${said}`, evidence);
  const { asking } = state;
  if (hook.onNo !== 'wait' || deadlineOver(story, state) || asking === null)
    return rollBack(story, state, 'verdict', `rolled back: ${said}`, evidence);
  if (asking.refused.includes(hook.name)) return stay(state);
  const every = formatDuration(hook.interval ?? DEFAULT_INTERVAL_MS);
  const next: State = { ...state, asking: { ...asking, refused: [...asking.refused, hook.name] } };
  return decide(next, 'answered', `${said}; it is asked again every ${every}`, evidence);
}

function error(story: Story, state: State, wanted: Wanted, answered: Answered): Transition {
  const { hook, key } = wanted;
  const said = `the webhook ${hook.name} gave no answer (${key}): ${answered.says}`;
  if (hook.onError === 'rollback')
    return rollBack(story, state, 'verdict', `rolled back: ${said}`, evidenceOf(answered));
  const ignored = `${said}; the document ignores that`;
  if (key !== DURING) return yes(state, wanted, ignored, answered);
  if (state.unanswered.includes(hook.name)) return stay(state);
  const next: State = { ...state, unanswered: [...state.unanswered, hook.name] };
  return decide(next, 'answered', ignored, evidenceOf(answered));
}

function evidenceOf({ webhook, key, answer, says }: Answered): Record<string, unknown> {
  return { webhook: { name: webhook, at: key, answer, says } };
}
