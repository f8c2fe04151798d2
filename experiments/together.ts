/**
 * Releases of several services as one: each waits, when it may be promoted (switched), until all may; all go back when one
 * does; and none is at its end before all of them have been watched. Pure; the runner tells each how the others stand.
 */
import { rollBack } from './rollback.ts';
import type { State, Transition } from './state.ts';
import type { Story } from './story.ts';
import { decide, stay } from './transitions.ts';
import { neverStart } from './turn.ts';

/** In the order in which a release goes through them; `failed` is none of them. */
const STANDINGS = ['before', 'ready', 'moved', 'done'] as const;
type Standing = (typeof STANDINGS)[number];

export type Others = NonNullable<State['others']>;
export type Peer = State['peers'][number];

const MOVED: readonly State['phase'][] = ['switched', 'promoting', 'watching', 'promoted'];
const BACK: readonly State['phase'][] = ['rolling-back', 'rolled-back'];

export function standingOf({ terms }: Story, state: State): Standing | 'failed' {
  if (BACK.includes(state.phase)) return 'failed';
  if (state.phase === 'promoted' || isWatched(state, terms.watch.for)) return 'done';
  if (MOVED.includes(state.phase)) return 'moved';
  return state.waits?.for === 'others' ? 'ready' : 'before';
}

function isWatched({ phase, elapsedMs, ending }: State, forMs: number): boolean {
  return phase === 'watching' && (elapsedMs >= forMs || ending === 'promoted');
}

/** @param standings - of each of the others by its name; undefined: it is not declared yet */
export function othersOf(standings: ReadonlyMap<string, Standing | 'failed' | undefined>): Others {
  const entries = [...standings];
  const failed = entries.find(([, standing]) => standing === 'failed')?.[0] ?? null;
  const rank = (standing: Standing | 'failed' | undefined): number => STANDINGS.findIndex((s) => s === standing);
  const least = Math.max(0, Math.min(...entries.map(([, standing]) => rank(standing))));
  const lagging = entries.filter(([, standing]) => rank(standing) < 1).map(([name]) => name);
  return { least: STANDINGS[least] ?? 'before', lagging, failed };
}

export function isSame(a: Others | null, b: Others): boolean {
  return a?.least === b.least && a.failed === b.failed && a.lagging.join() === b.lagging.join();
}

/** The run of another release, by which it is known from now on: a later run of the same name is another release. */
export function join(state: State, peer: Peer): Transition {
  const message = `released together with ${peer.name} (${peer.id})`;
  return decide({ ...state, peers: [...state.peers, peer] }, 'joined', message, { ...peer });
}

/** @param why - how the one that failed ended */
export function takeOthers(story: Story, before: State, others: Others, why: string): Transition {
  const state: State = { ...before, others };
  if (others.failed === null || state.ending !== null) return stay(state);
  const reason = `rolled back with ${others.failed}: ${why}`;
  if (state.phase === 'declared') return neverStart(state, reason);
  return rollBack(story, { ...state, verdict: 'PENDING' }, 'verdict', reason, { with: others.failed });
}

/** Whether it may be promoted as far as the others go. */
export function othersAreReady({ others }: State): boolean {
  return others !== null && others.least !== 'before';
}

/** Whether the watch has to go on, as one of the others may still go back. */
export function othersMayGoBack(story: Story, { others }: State): boolean {
  return (story.terms.together ?? []).length > 0 && others?.least !== 'done';
}
