/**
 * One life of a canary in virtual time: the same reducer and judge as live, in a world in which every effect is done
 * at once and proxies report five times a second.
 */
import type { Random } from '../../analyzer/simulation/random.ts';
import type { Overlay } from '../../contracts/overlay.ts';
import type { Verdict } from '../../contracts/verdict.ts';
import { advance, isOver } from '../canary.ts';
import type { Run } from '../overlay-of.ts';
import { INITIAL } from '../state.ts';
import type { Event, State } from '../state.ts';
import { requestsIn, rowsUnder } from './rows.ts';
import type { Arms } from './rows.ts';

export type Life = {
  readonly verdict: Exclude<Verdict, 'PENDING'>;
  readonly phase: 'promoted' | 'rolled-back';
  readonly reason: string;
  readonly candidateRequests: number;
  readonly candidateErrors: number;
  /** From the first step to the verdict; null when it ended before the first step. */
  readonly verdictAfterMs: number | null;
  /** To the end of the watch. */
  readonly lastedMs: number;
};

const REPORT_MS = 200;

/** @param perMinute - requests to the service */
export function live(run: Run, arms: Arms, perMinute: number, random: Random): Life {
  let state = settle(run, advance(run, INITIAL, { type: 'started' }).state);
  let now = 0;
  let firstStepAt: number | null = null;
  let verdictAt: number | null = null;
  // The deadline bounds every phase before the promotion, and the watch has an end of its own.
  while (!isOver(state)) {
    now += REPORT_MS;
    state = feed(run, state, { type: 'tick', passedMs: REPORT_MS });
    const overlay = overlayOf(state);
    const rows = overlay
      ? rowsUnder(random, overlay, armsOf(run, overlay, arms), requestsIn(random, (perMinute * REPORT_MS) / 60_000))
      : [];
    state = feed(run, state, { type: 'observed', rows });
    if (state.phase === 'stepping') firstStepAt ??= now;
    if (state.verdict !== 'PENDING') verdictAt ??= now;
  }
  const { verdict, totals, reason } = state;
  return {
    verdict: verdict === 'PENDING' ? 'INCONCLUSIVE' : verdict,
    phase: state.phase === 'promoted' ? 'promoted' : 'rolled-back',
    reason,
    candidateRequests: totals.candidateRequests,
    candidateErrors: totals.candidateErrors,
    verdictAfterMs: firstStepAt === null || verdictAt === null ? null : verdictAt - firstStepAt,
    lastedMs: now,
  };
}

/** The reducer's state, and the overlay that its world has. */
type World = State & { readonly overlay: Overlay | null };

function overlayOf(state: World): Overlay | null {
  return state.overlay;
}

function feed(run: Run, state: World, event: Event): World {
  return settle(run, { ...advance(run, state, event).state, overlay: state.overlay });
}

/** Carries out everything in the outbox: in this world nothing fails. */
function settle(run: Run, before: State & { readonly overlay?: Overlay | null }): World {
  let state: World = { ...before, overlay: before.overlay ?? null };
  for (let next = state.outbox[0]; next && !isOver(state); next = state.outbox[0]) {
    const { effect, id } = next;
    const overlay =
      effect.type === 'set-overlay' ? effect.overlay : effect.type === 'drop-overlay' ? null : state.overlay;
    state = { ...advance(run, state, { type: 'effect-done', id }).state, overlay };
  }
  return state;
}

/** In the watch the arms have changed names: the new stable version is the baseline. */
function armsOf({ document: { spec } }: Run, overlay: Overlay, arms: Arms): Arms {
  return overlay.baseline === spec.baseline ? arms : { baseline: arms.candidate, candidate: arms.baseline };
}
